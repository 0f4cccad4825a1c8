package main

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

// An action does what a line asks for, on the hub's home, and calls done once: at once, or later on the loop that the line came
// from. It holds nothing of the line, which is gone by then.
type action func(x *hub.Home, done func(result))

// commands are all there are, by name.
var commands = map[string]command{
	"push":    {targetKeys | messageKeys, readPush},
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

// runCommand does what a line for which isCommand holds asks for, and calls answer once, with one line: ok or fail, and a JSON
// object. from is the loop that the line came from; answer is called there or on home.
func runCommand(h *hub.Hub, from hub.Loop, line []byte, answer func(line []byte)) {
	act, err := parseCommand(line)
	if err != nil {
		answer(encode(failure{err.Error()}))
		return
	}
	h.Do(from, func(x *hub.Home) {
		act(x, func(r result) { answer(encode(r)) })
	})
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
	c, known := commands[name]
	if !known {
		return nil, wrong(keyCommand, "unknown command "+brief(name))
	}
	if stranger, has := r.beside(c.takes); has {
		return nil, fmt.Errorf("%s: not a member of %s", stranger, name)
	}
	return c.read(&r)
}
