package hubapi

import (
	"fmt"

	"fanloop/hub"
)

// maxCommand is the longest line that may be a command, in bytes: a message of 1 MiB in base64, and whom it is for.
const maxCommand = 4 << 20

// A command is what one value of $cmd stands for.
type command struct {
	takes keys // the members it may have beside $cmd
	read  func(r *request) (action, error)
}

// An action does what a request asks for, on the hub's home, and calls tell once: at once, or later on the loop that the request
// came from. It holds nothing of the request's bytes, which are gone by then.
type action func(x *hub.Home, tell func(result))

// commands are all there are, by name.
var commands = map[string]command{
	"push":    {targetKeys | messageKeys | setOf(keyKey), readPush},
	"kick":    {targetKeys | messageKeys | setOf(keyCode, keyReason), readKick},
	"join":    {setOf(keyUID, keyGroup), readJoin},
	"leave":   {setOf(keyUID, keyGroup), readLeave},
	"unbind":  {setOf(keyUID), readUnbind},
	"online":  {setOf(keyUID), readOnline},
	"count":   {targetKeys, readCount},
	"uids":    {pageKeys, readUIDs},
	"groups":  {pageKeys, readGroups},
	"members": {setOf(keyGroup) | pageKeys, readMembers},
}

// isCommand tells whether a line is one: a JSON object with $cmd at its top.
func isCommand(line []byte) bool {
	if len(line) > maxCommand || !isObject(line) {
		return false
	}
	all := membersOf(line)
	for name, _, ok := all.next(); ok; name, _, ok = all.next() {
		if indexOf(keyNames[:1], name) == int(keyCommand) {
			return true
		}
	}
	return false
}

// parseCommand reads a line for which isCommand holds. The error names the member that is wrong.
func parseCommand(line []byte) (action, error) {
	r, err := readRequest(line)
	if err != nil {
		return nil, err
	}
	name, err := r.text(keyCommand)
	if err != nil {
		return nil, err
	}
	return r.action(name)
}

// action is what the request asks for as the command of this name.
func (r *request) action(name string) (action, error) {
	c, known := commands[name]
	if !known {
		return nil, wrong(keyCommand, "unknown command "+brief(name))
	}
	if stranger, has := r.beside(c.takes); has {
		return nil, fmt.Errorf("%s: not a member of %s", stranger, name)
	}
	return c.read(r)
}
