//go:build linux

package client

import (
	"bytes"
	"errors"
	"fmt"
)

// Pages that listen to Server-Sent Events: one chunked answer, in which each event has one line of data that is a message.

func eventsOf(address string) protocol {
	return protocol{address: address, hello: func(c *conn) []byte {
		return fmt.Appendf(nil, "GET /events?uid=%s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n\r\n", uidOf(int(c.id)), address)
	}, welcomed: isEventStream, take: (*load).chunks}
}

func isEventStream(head []byte) bool {
	lower := bytes.ToLower(head)
	return bytes.HasPrefix(head, []byte("HTTP/1.1 200 ")) && bytes.Contains(lower, []byte("content-type: text/event-stream")) &&
		bytes.Contains(lower, []byte("transfer-encoding: chunked"))
}

var (
	errChunk     = errors.New("not a chunk of RFC 9112 7.1")
	errStreamEnd = errors.New("the server has ended the stream of events")
)

// chunks takes whole chunks from the front of p and tells how many bytes they had.
func (l *load) chunks(c *conn, p []byte, now int64) (used int, err error) {
	for {
		head, size, err := chunkSize(p[used:])
		end := used + head + size + len("\r\n")
		if err != nil || head == 0 || len(p) < end {
			return used, err
		}
		if size == 0 {
			return used, errStreamEnd
		}
		if p[end-2] != '\r' || p[end-1] != '\n' {
			return used, errChunk
		}
		l.eventsIn(c, p[used+head:used+head+size], now)
		used = end
	}
}

// chunkSize reads the line before a chunk; head is 0 when it is not all there. Extensions are not read.
func chunkSize(p []byte) (head, size int, err error) {
	for i, b := range p {
		switch digit := hexDigit(b); {
		case digit >= 0 && i < 7:
			size = size<<4 | digit
		case b != '\r' || i == 0:
			return 0, 0, errChunk
		case len(p) < i+2:
			return 0, 0, nil
		case p[i+1] != '\n':
			return 0, 0, errChunk
		default:
			return i + 2, size, nil
		}
	}
	return 0, 0, nil
}

func hexDigit(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b >= 'a' && b <= 'f':
		return int(b-'a') + 10
	case b >= 'A' && b <= 'F':
		return int(b-'A') + 10
	}
	return -1
}

var eventEnd = []byte("\n\n")

const dataMember = "data: "

// eventsIn takes the data of a chunk, in which events may begin and end. A message in the usual form is found by its size: the
// client must not be slower with events than it is with frames.
func (l *load) eventsIn(c *conn, data []byte, now int64) {
	if n := len(dataMember) + l.job.Size; len(c.event) == 0 && len(data) == n+len(eventEnd) &&
		string(data[:len(dataMember)]) == dataMember && string(data[n:]) == "\n\n" && c.state == open {
		l.onMessage(c, data[len(dataMember):n], now)
		return
	}
	if len(c.event) > 0 {
		c.event = append(c.event, data...)
		data = c.event
	}
	for {
		n := bytes.Index(data, eventEnd)
		if n < 0 {
			break
		}
		l.event(c, data[:n], now)
		data = data[n+len(eventEnd):]
	}
	c.event = append(c.event[:0], data...)
}

// event finds the line of data. An event without one (a comment, retry) is no message.
func (l *load) event(c *conn, text []byte, now int64) {
	for len(text) > 0 {
		line := text
		if n := bytes.IndexByte(text, '\n'); n >= 0 {
			line, text = text[:n], text[n+1:]
		} else {
			text = nil
		}
		if payload, ok := bytes.CutPrefix(line, []byte("data:")); ok && c.state == open {
			l.onMessage(c, bytes.TrimPrefix(payload, []byte(" ")), now)
		}
	}
}
