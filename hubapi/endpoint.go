package hubapi

import (
	"strings"

	"fanloop/hub"
)

// A call is one request over HTTP, as far as it matters to what it asks for.
type call struct {
	value string // what stands in the path for its wildcard, decoded
	query string // as it was sent
	media media
	body  []byte // the connection's own
}

// An endpoint is one method of one path.
type endpoint struct {
	method, path string // the path as a pattern, whose wildcard is the call's value
	takes        []media
	serve        service
}

// wildcard is the name of the wildcard in the path, "" without one.
func (e *endpoint) wildcard() string {
	_, name, _ := strings.Cut(e.path, "{")
	return strings.TrimSuffix(name, "}")
}

// A service does what a call asks for, and calls tell once: at once, or later, on the loop that the call came from or on home.
type service func(h *hub.Hub, from hub.Loop, c *call, tell func(answer))

// endpoints are all there are. openapi.json describes them.
var endpoints = []endpoint{
	{"POST", "/push", []media{mediaJSON, mediaLines}, servePush},
	{"POST", "/kick", []media{mediaJSON}, one(named("kick"))},
	{"POST", "/join", []media{mediaJSON}, one(named("join"))},
	{"POST", "/leave", []media{mediaJSON}, one(named("leave"))},
	{"POST", "/unbind", []media{mediaJSON}, one(named("unbind"))},
	{"GET", "/online/{uid}", nil, one(question("online", keyUID))},
	{"GET", "/count", nil, one(question("count", keyCommand))},
	{"GET", "/uids", nil, one(question("uids", keyCommand))},
	{"GET", "/groups", nil, one(question("groups", keyCommand))},
	{"GET", "/groups/{group}", nil, one(question("members", keyGroup))},
}

// one makes a service of what reads a call that asks for one thing.
func one(read func(c *call) (action, error)) service {
	return func(h *hub.Hub, from hub.Loop, c *call, tell func(answer)) {
		act, err := read(c)
		if err != nil {
			tell(result{failure: mistake(err)}.answer())
			return
		}
		h.DoSized(from, len(c.body), func(x *hub.Home) {
			act(x, func(r result) { tell(r.answer()) })
		})
	}
}

// named reads a body that is a command's object.
func named(command string) func(c *call) (action, error) {
	return func(c *call) (action, error) { return readCommand(c.body, command) }
}

// readCommand reads an object whose command is known from elsewhere; it may have $cmd too.
func readCommand(object []byte, name string) (action, error) {
	switch {
	case len(object) > maxCommand:
		return nil, errTooLong
	case !isObject(object):
		return nil, errNotObject
	}
	r, err := readRequest(object)
	if err != nil {
		return nil, err
	}
	if r.values[keyCommand] != nil {
		said, err := r.text(keyCommand)
		if err != nil {
			return nil, err
		}
		if said != name {
			return nil, wrong(keyCommand, "want "+name+" here")
		}
	}
	return r.action(name)
}

// servePush: one object, or several.
func servePush(h *hub.Hub, from hub.Loop, c *call, tell func(answer)) {
	body := trimSpace(c.body)
	if c.media == mediaLines || len(body) > 0 && body[0] == '[' {
		serveBatch(h, from, c.media, body, tell)
		return
	}
	one(func(*call) (action, error) { return readPushed(body) })(h, from, c, tell)
}

// readPushed reads what one object of a push asks for: a plain one is pushed as it is, one with $cmd is the command.
func readPushed(object []byte) (action, error) {
	to, err := parseLine(object)
	switch {
	case err == errReserved || err != nil && isCommand(object):
		return readCommand(object, "push")
	case err != nil:
		return nil, err
	}
	return push(to.hub(), hub.Text(object)), nil
}
