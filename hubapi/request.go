package hubapi

import (
	"fmt"
	"strings"
)

// key is a member's name, as its index in keyNames.
type key uint8

const (
	keyCommand key = iota
	keyUID
	keyGroup
	keyAll
	keyExcept
	keyData
	keyText
	keyBinary
	keyCode
	keyReason
	keyCursor
	keyLimit
	keyKey
	keyCount
)

// keyNames are the members that commands have.
var keyNames = [keyCount]string{commandKey, "uid", "group", "all", "except", "data", "text", "binary", "code", "reason", "cursor", "limit", "key"}

// keys is a set of them.
type keys uint16

var (
	targetKeys  = setOf(keyUID, keyGroup, keyAll, keyExcept)
	messageKeys = setOf(keyData, keyText, keyBinary)
	pageKeys    = setOf(keyCursor, keyLimit)
)

func setOf(list ...key) (s keys) {
	for _, k := range list {
		s |= 1 << k
	}
	return s
}

func (s keys) has(k key) bool { return s&(1<<k) != 0 }

// A request is a command's line taken apart, its values as they are spelled. All of it is the line's own memory.
type request struct {
	values  [keyCount][]byte
	unknown []byte // the first name that is none of keyNames
}

// readRequest takes a line apart. Names are compared byte for byte once their escapes are undone, and none may stand twice.
func readRequest(line []byte) (r request, err error) {
	all := membersOf(line)
	for name, value, ok := all.next(); ok; name, value, ok = all.next() {
		i := indexOf(keyNames[:], name)
		switch {
		case i < 0 && r.unknown == nil:
			r.unknown = name
		case i < 0:
		case r.values[i] != nil:
			return r, wrong(key(i), "stands twice")
		default:
			r.values[i] = value
		}
	}
	return r, nil
}

// beside names a member that is neither in takes nor $cmd, if there is one.
func (r *request) beside(takes keys) (name string, has bool) {
	if r.unknown != nil {
		plain, whole := unescape(nil, r.unknown)
		if !whole {
			plain = r.unknown
		}
		return brief(string(plain)), true
	}
	takes |= setOf(keyCommand)
	for k := range keyCount {
		if r.values[k] != nil && !takes.has(k) {
			return keyNames[k], true
		}
	}
	return "", false
}

// wrong says what is wrong with a member.
func wrong(k key, problem string) error { return fmt.Errorf("%s: %s", keyNames[k], problem) }

// brief is a name as an error tells it. A line may have names of a megabyte.
func brief(name string) string {
	const most = 64
	switch {
	case name == "":
		return `""`
	case len(name) <= most:
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "..."
}
