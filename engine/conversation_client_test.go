//go:build linux

package engine_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	nethttp "net/http"
	"strconv"
	"strings"

	"github.com/gobwas/ws"

	"fanloop/engine"
)

// A protocol is how a client speaks.
type protocol int

const (
	overWebSocket protocol = iota
	overUpgrade
	overEvents
	overText
	overHTTP
	protocols
)

// A client is one end of a conversation, and what the test knows of it.
type client struct {
	engine.StillSocket
	protocol protocol
	uid      string
	opened   bool // its handshake has been said
	bound    bool // it is pushed to
	gone     bool // it was, and is not to be any more
	groups   map[string]bool
	rules    bool // it has kept to them, and all it said was heard: what becomes of it is known
	asked    int  // lines and requests, all of which are answered
	due      []push
}

// A push is one that a client is to get, or may.
type push struct {
	id   int
	must bool
}

// listens tells whether it is a page.
func (c *client) listens() bool { return c.protocol <= overEvents }

// next is what it says next when it keeps to the rules; choice is by chance.
func (c *client) next(choice byte) []byte {
	switch {
	case c.protocol == overText:
		c.asked++
		return []byte([]string{`{"uid":"nobody"}`, `{"$cmd":"count"}`, "no JSON"}[choice%3] + "\n")
	case c.protocol == overHTTP:
		c.asked++
		return []byte([]string{
			"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
			"POST /push HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n" + `{"uid":"nobody"}`,
			"POST /push HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		}[choice%3])
	case c.protocol == overEvents && !c.opened:
		c.opened = true
		return []byte("GET /events?" + c.uid + " HTTP/1.1\r\nHost: h\r\n\r\n")
	case c.protocol == overEvents:
		return nil
	case !c.opened:
		c.opened = true
		return []byte("GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	case c.gone:
		return masked(ws.OpPing, "ping")
	case !c.bound:
		return masked(ws.OpText, c.uid)
	}
	group := fmt.Sprintf("g%d", choice/4%3)
	switch choice % 4 {
	case 0:
		return masked(ws.OpText, `{"join":"`+group+`"}`)
	case 1:
		return masked(ws.OpText, `{"leave":"`+group+`"}`)
	}
	return masked(ws.OpPing, "ping")
}

// heard notes what has become of what it said.
func (c *client) heard(choice byte, was client) {
	switch {
	case !c.Open() || !c.listens() || !c.opened || c.gone:
	case !c.Heard():
		c.rules = false
	case c.protocol == overEvents:
		c.bound = true
	case !was.opened:
	case !was.bound:
		c.bound = true
	case choice%4 == 0:
		c.groups[fmt.Sprintf("g%d", choice/4%3)] = true
	case choice%4 == 1:
		delete(c.groups, fmt.Sprintf("g%d", choice/4%3))
	}
}

func masked(op ws.OpCode, payload string) []byte {
	var b bytes.Buffer
	_ = ws.WriteFrame(&b, ws.MaskFrameInPlace(ws.NewFrame(op, true, []byte(payload)))) // a buffer takes everything
	return b.Bytes()
}

// is tells whether the client is named.
func (c *client) is(target string) bool {
	kind, name, _ := strings.Cut(target, " ")
	return kind == "all" || kind == "uid" && name == c.uid || kind == "group" && c.groups[name]
}

var errNoGoodbye = errors.New("no goodbye")

// ids reads what a page has got as others do: the numbers of the pushes, and the code of the goodbye.
func (c *client) ids() (ids []int, code int, err error) {
	in := bufio.NewReader(bytes.NewReader(c.Got()))
	answer, err := nethttp.ReadResponse(in, nil)
	if err != nil {
		return nil, 0, err
	}
	if c.protocol == overEvents {
		return eventIDs(answer)
	}
	if answer.StatusCode != 101 {
		return nil, 0, fmt.Errorf("status %d", answer.StatusCode)
	}
	for {
		f, err := ws.ReadFrame(in)
		switch {
		case err == io.EOF && code == 0:
			return ids, 0, errNoGoodbye
		case err == io.EOF:
			return ids, code, nil
		case err != nil:
			return ids, code, err
		case f.Header.Masked || !f.Header.Fin || f.Header.Rsv != 0 || code != 0 && f.Header.OpCode != ws.OpPong:
			return ids, code, fmt.Errorf("frame %+v, the Close frame's code is %d", f.Header, code)
		case f.Header.OpCode == ws.OpText:
			ids = append(ids, id(string(f.Payload)))
		case f.Header.OpCode == ws.OpClose: // Pongs may follow, until the client's (RFC 6455 5.5.2)
			status, _ := ws.ParseCloseFrameData(f.Payload)
			code = int(status)
		}
	}
}

func eventIDs(answer *nethttp.Response) (ids []int, code int, err error) {
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	const none = -1
	last := none
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			last = id(data)
		} else if lines.Text() == "" && last != none { // before that the event is not whole; a comment is none
			ids = append(ids, last)
			last = none
		}
	}
	if err := lines.Err(); err != nil { // of the chunks: without the last one the stream is cut
		return ids, 0, errNoGoodbye
	}
	return ids, 1000, nil
}

// id is the number of a push, in front of its message; 0 when the message is not whole.
func id(message string) int {
	number, rest, _ := strings.Cut(message, " ")
	n, err := strconv.Atoi(number)
	if err != nil || strings.Trim(rest, "x") != "" || len(rest)%100 != 0 {
		return 0
	}
	return n
}

// judge holds what has come to a client that has kept to the rules against what was due. A policy that drops what was taken leaves order
// to hold.
func (c *client) judge(drops bool) error {
	switch {
	case !c.rules || c.listens() && !c.bound && !c.gone:
		return nil
	case !c.listens():
		n, err := c.answers()
		if err == nil && c.Open() && n != c.asked {
			err = fmt.Errorf("%d questions, %d answers", c.asked, n)
		}
		return err
	}
	ids, code, err := c.ids()
	if err != nil && err != errNoGoodbye && (c.Open() || c.Whole()) {
		return err
	}
	closed := c.Whole() && c.protocol != overEvents // an event stream does not say whether it was too slow
	return c.compare(ids, !drops && code != 1013 && (c.Open() || closed))
}

// compare: what came was for it, in order, and with whole nothing is missing.
func (c *client) compare(ids []int, whole bool) error {
	for _, d := range c.due {
		if len(ids) > 0 && ids[0] == d.id {
			ids = ids[1:]
		} else if d.must && whole {
			return fmt.Errorf("push %d was taken, and did not come; next is %v", d.id, ids[:min(1, len(ids))])
		}
	}
	if len(ids) > 0 {
		return fmt.Errorf("got push %d, out of order or not for it; due %v", ids[0], c.due)
	}
	return nil
}

// answers counts what a back end has been answered.
func (c *client) answers() (n int, err error) {
	if c.protocol == overText {
		return bytes.Count(c.Got(), []byte("\n")), nil
	}
	in := bufio.NewReader(bytes.NewReader(c.Got()))
	for {
		if _, err := in.Peek(1); err != nil {
			return n, nil
		}
		answer, err := nethttp.ReadResponse(in, nil)
		if err != nil {
			return n, err
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return n, err
		}
		n++
	}
}
