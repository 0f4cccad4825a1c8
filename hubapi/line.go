package hubapi

import (
	"bytes"
	"errors"

	"fanloop/hub"
)

var (
	answerOK   = []byte("ok")
	answerFail = []byte("fail")
)

// Line does what a line of a back end asks for, on the text port, and calls answer once with the line to answer, which
// nobody may write to. docs/backend.md tells what the lines are: a plain one, with uid, group or all, is pushed as it is and answered with ok or fail;
// one with $cmd is a command, answered with a JSON object beside that.
//
// from is the loop that the line came from; the caller is there. answer is called there or on the hub's home, at once or later. The line is not used
// any more when Line returns. The error is for a log: it says why nothing could be made of a line that is answered with fail alone. At
// ErrRequest the caller closes the connection.
func Line(h *hub.Hub, from hub.Loop, line []byte, answer func(line []byte)) error {
	to, err := parseLine(line)
	switch {
	case err == errReserved || err != nil && isCommand(line):
		runCommand(h, from, line, answer)
		return nil
	case err != nil:
		answer(answerFail)
		if isRequest(line) {
			return ErrRequest
		}
		return err
	}
	message := hub.Text(line)
	h.DoSized(from, len(line), func(x *hub.Home) {
		x.Reach(to.hub(), message, func(v hub.Verdict) {
			if v.Taken > 0 {
				answer(answerOK)
			} else {
				answer(answerFail)
			}
		})
	})
	return nil
}

// runCommand does what a line for which isCommand holds asks for.
func runCommand(h *hub.Hub, from hub.Loop, line []byte, answer func(line []byte)) {
	act, err := parseCommand(line)
	if err != nil {
		answer(result{failure: mistake(err)}.line())
		return
	}
	h.DoSized(from, len(line), func(x *hub.Home) {
		act(x, func(r result) { answer(r.line()) })
	})
}

// maxLine is the longest line that is looked at, in bytes. A longer one could not be pushed: the hub refuses it.
const maxLine = 1 << 20

// Why a line is answered with fail, or a client's message ignored.
var (
	errTooLarge  = errors.New("larger than 1 MiB")
	errTooLong   = errors.New("larger than 4 MiB") // a command
	errNotObject = errors.New("not a JSON object in UTF-8")
	errDoubled   = errors.New("a routing key stands twice")
	errNoTarget  = errors.New("no uid, group or all")
	errBadTarget = errors.New("not a valid uid, group or all")
	errReserved  = errors.New("$cmd is reserved")
)

// ErrRequest is what Line returns for the first line of an HTTP request, which is answered with fail like whatever is no message. The
// connection is to be closed, and nothing more of it read: any page can have its visitor's browser send a request to a port of the
// visitor's machine or network, and its body may be lines that are messages.
var ErrRequest = errors.New("an HTTP request")

// isRequest tells whether a line is a request line (RFC 9112 3).
func isRequest(line []byte) bool {
	return bytes.HasSuffix(line, []byte(" HTTP/1.1")) || bytes.HasSuffix(line, []byte(" HTTP/1.0"))
}

// A target is whom a line is for.
type target struct {
	kind targetKind
	name string // the uid or the group
}

func (t target) hub() hub.Target {
	switch t.kind {
	case toUID:
		return hub.UID(t.name)
	case toGroup:
		return hub.Group(t.name)
	default:
		return hub.All
	}
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
