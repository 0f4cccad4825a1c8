package main

import (
	"bytes"
	"errors"
)

// maxLine is the longest line that is looked at, in bytes. A longer one could not be pushed: the hub refuses it.
const maxLine = 1 << 20

// Why a line is answered with fail, or a client's message ignored.
var (
	errTooLarge  = errors.New("larger than 1 MiB")
	errNotObject = errors.New("not a JSON object in UTF-8")
	errDoubled   = errors.New("a routing key stands twice")
	errNoTarget  = errors.New("no uid, group or all")
	errBadTarget = errors.New("not a valid uid, group or all")
	errReserved  = errors.New("$cmd is reserved")
)

// A target is whom a line is for.
type target struct {
	kind targetKind
	name string // the uid or the group
}

type targetKind uint8

const (
	toUID targetKind = iota
	toGroup
	toAll
)

// commandKey is the one name that is not the application's beside those of the targets: it is kept for commands.
const commandKey = "$cmd"

// lineKeys are the routing keys, each at the index of its targetKind, and the reserved one.
var lineKeys = [...]string{toUID: "uid", toGroup: "group", toAll: "all", toAll + 1: commandKey}

// parseLine finds out whom a back end's line is for:
//
//	{"uid":"u1",...}  {"uid":7,...}  {"group":"g",...}  {"all":true,...}
//
// The line is one JSON object in UTF-8. The first key present of uid, group and all decides; one that is present and not valid is an
// error, whatever follows. Names are compared byte for byte, once their escapes are undone, and none of the three may stand twice, nor
// $cmd at all. Everything else is the application's and only has to be JSON.
//
// A uid or group is a string that is not empty, or a number written as an integer: 7 and "7" are the same, and large ones keep
// their digits. 7.0, 1e3 and -0 are none. all is true.
func parseLine(line []byte) (target, error) {
	var values [len(lineKeys)][]byte
	if err := pick(line, lineKeys[:], values[:]); err != nil {
		return target{}, err
	}
	if values[toAll+1] != nil {
		return target{}, errReserved
	}
	for kind, value := range values {
		if value != nil {
			return targetOf(targetKind(kind), value)
		}
	}
	return target{}, errNoTarget
}

func targetOf(kind targetKind, value []byte) (t target, err error) {
	t.kind = kind
	ok := false
	if kind == toAll {
		ok = string(value) == "true"
	} else {
		t.name, ok = identifier(value)
	}
	if !ok {
		return target{}, errBadTarget
	}
	return t, nil
}

// A membership is what a client may ask for after it has said its uid, where clients may.
type membership struct {
	group string
	leave bool
}

var clientKeys = [...]string{"join", "leave"}

// parseClient reads {"join":"g"} or {"leave":"g"}, by the rules of parseLine. Both in one message are an error; other members are
// let pass.
func parseClient(message []byte) (membership, error) {
	var values [len(clientKeys)][]byte
	if err := pick(message, clientKeys[:], values[:]); err != nil {
		return membership{}, err
	}
	join, leave := values[0], values[1]
	value := join
	switch {
	case join == nil && leave == nil:
		return membership{}, errNoTarget
	case join != nil && leave != nil:
		return membership{}, errDoubled
	case join == nil:
		value = leave
	}
	group, ok := identifier(value)
	if !ok {
		return membership{}, errBadTarget
	}
	return membership{group: group, leave: join == nil}, nil
}

// pick puts the value of each of the object's members that is named in keys at the key's index in values, as it is spelled.
func pick(object []byte, keys []string, values [][]byte) error {
	if len(object) > maxLine {
		return errTooLarge
	}
	if !isObject(object) {
		return errNotObject
	}
	all := membersOf(object)
	for name, value, ok := all.next(); ok; name, value, ok = all.next() {
		i := indexOf(keys, name)
		if i < 0 {
			continue
		}
		if values[i] != nil {
			return errDoubled
		}
		values[i] = value
	}
	return nil
}

// longestSpelling is the most bytes that the longest key, of commands too, can take, each of its characters as \u0000.
const longestSpelling = 6 * len("except")

// indexOf finds a member's name, as it is spelled, among the keys.
func indexOf(keys []string, name []byte) int {
	if len(name) > longestSpelling {
		return -1
	}
	var plain [longestSpelling]byte
	if bytes.IndexByte(name, '\\') >= 0 {
		var ok bool
		if name, ok = unescape(plain[:0], name); !ok {
			return -1
		}
	}
	for i, key := range keys {
		if string(name) == key {
			return i
		}
	}
	return -1
}

// identifier is what a uid's or a group's value, as it is spelled, stands for.
func identifier(value []byte) (string, bool) {
	if isInteger(value) {
		return string(value), true
	}
	if value[0] != '"' {
		return "", false
	}
	inside := value[1 : len(value)-1]
	if bytes.IndexByte(inside, '\\') < 0 {
		return string(inside), len(inside) > 0
	}
	name, ok := unescape(nil, inside)
	return string(name), ok
}

// isInteger tells whether a valid JSON value is a number written as an integer. -0 is the integer 0 to one reader and a fraction to another,
// so it is nobody's uid.
func isInteger(value []byte) bool {
	digits := bytes.TrimPrefix(value, []byte{'-'})
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(digits) > 0 && string(value) != "-0"
}
