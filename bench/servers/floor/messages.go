//go:build linux

package main

import (
	"bytes"

	"fanloop/bench/servers/job"
	"fanloop/codec/http"
	"fanloop/codec/websocket"
)

// handle takes what one read has brought. Messages that are not whole are kept.
func (f *floor) handle(c *conn, p []byte) {
	if len(c.in) > 0 {
		c.in = append(c.in, p...)
		p = c.in
	}
	used := 0
	switch {
	case c.text:
		used = f.lines(c, p)
	case c.plain:
		used = f.requests(c, p)
	case c.upgraded:
		used = f.frames(c, p)
	default:
		used = f.upgrade(c, p)
	}
	if rest := p[used:]; len(rest) > 0 {
		c.in = append(c.in[:0], rest...)
	} else {
		c.in = nil
	}
}

// lines pushes each line and writes the answers of one read together.
func (f *floor) lines(c *conn, p []byte) (used int) {
	var answers []byte
	for {
		n := bytes.IndexByte(p[used:], '\n')
		if n < 0 {
			break
		}
		answers = append(answers, job.Answer(f.push(p[used:used+n]))...)
		used += n + 1
	}
	if len(answers) > 0 {
		f.write(c, answers)
	}
	return used
}

func (f *floor) push(line []byte) (taken bool) {
	kind, uid := job.Target(line)
	switch kind {
	case job.All:
		frame := websocket.AppendText(nil, line)
		for _, c := range f.bound {
			f.write(c, frame)
		}
		return len(f.bound) > 0
	case job.One:
		c := f.uids[string(uid)]
		if c != nil {
			f.write(c, websocket.AppendText(nil, line))
		}
		return c != nil
	}
	return false
}

const plaintext = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n" +
	"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n" + job.Plaintext

// requests answers each head with what was made ahead, and those of one read together.
func (f *floor) requests(c *conn, p []byte) (used int) {
	end := []byte("\r\n\r\n")
	if bytes.HasSuffix(p, end) {
		f.write(c, bytes.Repeat([]byte(plaintext), bytes.Count(p, end)))
		return len(p)
	}
	if used = bytes.LastIndex(p, end) + len(end); used < len(end) {
		return 0
	}
	return f.requests(c, p[:used])
}

// upgrade answers the handshake.
func (f *floor) upgrade(c *conn, p []byte) (used int) {
	var d http.HeadDecoder
	head, n, err := d.Decode(p)
	if err != nil || head == nil {
		return 0
	}
	u, err := websocket.CheckUpgrade(head)
	if err != nil {
		return n
	}
	answer, _ := websocket.AppendAccept(nil, u, websocket.Accept{})
	f.write(c, answer)
	c.upgraded = true
	return n + f.frames(c, p[n:])
}

// frames takes short, whole, masked text frames, which is what the benchmark sends.
func (f *floor) frames(c *conn, p []byte) (used int) {
	const head = 2 + 4
	for len(p)-used >= head {
		size := int(p[used+1] & 0x7f)
		if len(p)-used < head+size {
			break
		}
		mask, payload := p[used+2:used+head], p[used+head:used+head+size]
		for i := range payload {
			payload[i] ^= mask[i&3]
		}
		f.message(c, payload)
		used += head + size
	}
	return used
}

func (f *floor) message(c *conn, payload []byte) {
	switch {
	case f.echo:
		var frame [2 + 125]byte
		f.write(c, websocket.AppendText(frame[:0], payload))
	case c.uid == "":
		c.uid, c.seat = string(payload), len(f.bound)
		f.bound = append(f.bound, c)
		f.uids[c.uid] = c
	}
}

// unbind takes a connection out of everything.
func (f *floor) unbind(c *conn) {
	if c.uid == "" {
		return
	}
	last := f.bound[len(f.bound)-1]
	f.bound[c.seat], last.seat = last, c.seat
	f.bound = f.bound[:len(f.bound)-1]
	if f.uids[c.uid] == c {
		delete(f.uids, c.uid)
	}
}
