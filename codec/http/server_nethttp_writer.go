//go:build linux

package http

import (
	"errors"
	"fmt"
	nethttp "net/http"
	"runtime/debug"
	"time"
)

// errReturned is what a ResponseWriter says after its handler has returned.
var errReturned = errors.New("http: the handler has returned")

// writer is the ResponseWriter. As in net/http, what is written is collected up to startSize; the head waits for that, for
// a Flush, or for the handler's end. Header is the handler's alone, all else is guarded by call.mu.
type writer struct {
	call     *call
	header   nethttp.Header
	deadline time.Time

	head     answerLines
	fields   writtenFields
	filled   int   // of memory.start
	limit    int64 // the Content-Length that the handler has set, or -1
	written  int64
	informed int  // answers of 100-199
	sent     bool // the loop has the head
	bodyless bool // by the status
	handled  bool // the handler has returned
	over     bool
}

// Header is what the next WriteHeader or Write sends.
func (w *writer) Header() nethttp.Header {
	if w.header == nil {
		w.header = nethttp.Header{}
	}
	return w.header
}

// WriteHeader decides the status and the fields; one of 100-199 is sent at once, and another may follow.
func (w *writer) WriteHeader(status int) {
	if status < 100 || status > 599 || status == 101 {
		panic(fmt.Sprintf("http: status %d cannot be sent", status))
	}
	w.call.mu.Lock()
	defer w.call.mu.Unlock()
	w.writeHeader(status)
}

func (w *writer) writeHeader(status int) {
	c := w.call
	switch {
	case w.over:
	case w.head.status != 0:
		c.loop.Logger().Warn("http: superfluous WriteHeader", c.ref.Log(), "status", status, "before", w.head.status)
	case status < 200:
		w.inform(status)
	default:
		w.bodyless = bodyless(status)
		w.head, w.limit = answerLines{status: status, length: -1}, -1
		c.memory.lines = w.encode(c.memory.lines[:0], status)
	}
}

// maxInterims is how many answers of 100-199 are sent; more are left out.
const maxInterims = 64

func (w *writer) inform(status int) {
	c := w.call
	if status == 100 {
		c.reader.asked = true
	}
	if w.informed++; w.informed > maxInterims {
		return
	}
	lines := w.encode(nil, status)
	w.fields = writtenFields{}
	c.pending.interims = append(c.pending.interims, answerLines{status: status, lines: lines})
	c.post()
}

// Write writes a part of the body. It blocks while too much is on the way to the client.
func (w *writer) Write(p []byte) (int, error) { return writePart(w, p) }

// WriteString is Write for a string.
func (w *writer) WriteString(s string) (int, error) { return writePart(w, s) }

func writePart[Text string | []byte](w *writer, p Text) (n int, err error) {
	c := w.call
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case w.over:
		return 0, errReturned
	case w.head.status == 0:
		w.writeHeader(200)
	}
	switch {
	case len(p) == 0:
		return 0, nil
	case w.bodyless:
		return 0, nethttp.ErrBodyNotAllowed
	case w.limit >= 0 && w.written+int64(len(p)) > w.limit:
		w.written += int64(len(p)) // as in net/http: nothing fits any more
		return 0, nethttp.ErrContentLength
	}
	n, err = collect(w, p)
	w.written += int64(n)
	return n, err
}

// collect takes p, as much of it as there is room for until the deadline.
func collect[Text string | []byte](w *writer, p Text) (n int, err error) {
	start := w.call.memory.start[:]
	n = copy(start[w.filled:], p)
	w.filled += n
	if n < len(p) {
		err = w.flush()
	}
	for err == nil && n < len(p) {
		if len(p)-n < startSize {
			w.filled = copy(start, p[n:])
			return len(p), nil
		}
		piece := p[n:min(len(p), n+bodyAhead)]
		if err = emit(w, piece); err == nil {
			n += len(piece)
		}
	}
	return n, err
}

// flush gives the loop what is collected.
func (w *writer) flush() error {
	if !w.sent {
		w.begin(false)
	}
	err := emit(w, w.call.memory.start[:w.filled])
	if err == nil {
		w.filled = 0
	}
	return err
}

// emit gives the loop a piece of the body, when there is room.
func emit[Text string | []byte](w *writer, p Text) error {
	c := w.call
	for c.failed == nil && (c.full || len(c.pending.data) > bodyAhead) {
		if c.room == nil {
			c.room = make(chan struct{}, 1)
		}
		if err := c.wait(c.room, &w.deadline); err != nil {
			return err
		}
	}
	if c.failed != nil {
		return c.failed
	}
	if !c.isHead && len(p) > 0 {
		c.pending.data = append(c.pending.data, p...)
		c.pending.shared = true
	}
	c.post()
	return nil
}

// begin gives the loop the head. At the end of a short body its length is known.
func (w *writer) begin(last bool) {
	c := w.call
	start := c.memory.start[:w.filled]
	f := &w.fields
	if !w.bodyless && !f.coded && len(start) > 0 {
		if !f.typed && !f.encoded {
			c.memory.lines = append(c.memory.lines, "Content-Type: "...)
			c.memory.lines = append(c.memory.lines, nethttp.DetectContentType(start)...)
			c.memory.lines = append(c.memory.lines, "\r\n"...)
		}
	}
	if !f.coded {
		w.head.length = w.limit
	}
	if last && w.head.length < 0 && !w.bodyless && !f.coded && !f.trailed && (!c.isHead || len(start) > 0) {
		w.head.length = int64(len(start))
	}
	w.head.lines = c.memory.lines
	w.sent = true
	c.pending.begins, c.pending.head = true, w.head
}

// Flush sends what is written.
func (w *writer) Flush() { _ = w.FlushError() }

// FlushError is Flush for an http.ResponseController.
func (w *writer) FlushError() error {
	c := w.call
	c.mu.Lock()
	defer c.mu.Unlock()
	if w.over {
		return errReturned
	}
	if w.head.status == 0 {
		w.writeHeader(200)
	}
	return w.flush()
}

// finish ends the answer.
func (w *writer) finish() {
	c := w.call
	if w.head.status == 0 {
		w.writeHeader(200)
	}
	w.over = true
	first := !w.sent
	if first {
		w.begin(true)
	}
	p := &c.pending
	if rest := c.memory.start[:w.filled]; !c.isHead {
		if len(p.data) == 0 {
			p.data, p.shared = rest, false
		} else {
			p.data = append(p.data, rest...)
		}
		p.short = w.limit >= 0 && w.limit != w.written && !w.bodyless
	}
	p.trailers = w.trailers()
	p.ends = true
}

// panicked answers for a handler that has not come to its end. why is nil when it has ended its goroutine.
func (c *call) panicked(why any) {
	w := &c.writer
	w.over = true
	if why != nethttp.ErrAbortHandler {
		c.counters.panics.Add(1)
		c.loop.Logger().Error("http: a handler panicked", c.ref.Log(), "panic", why, "stack", string(debug.Stack()))
	}
	if w.sent || why == nethttp.ErrAbortHandler {
		c.pending.aborts = true
		return
	}
	c.pending.begins, c.pending.ends = true, true
	c.pending.data = []byte("Internal Server Error\n")
	c.pending.head = answerLines{
		status: 500, length: int64(len(c.pending.data)), closes: true,
		lines: []byte("Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"),
	}
}

// SetReadDeadline, SetWriteDeadline and EnableFullDuplex are for an http.ResponseController. A deadline is looked at when a
// Read or a Write has to wait.
func (w *writer) SetReadDeadline(t time.Time) error {
	w.call.mu.Lock()
	defer w.call.mu.Unlock()
	w.call.reader.deadline = t
	if ready := w.call.reader.ready; ready != nil {
		wake(ready)
	}
	return nil
}

// SetWriteDeadline: see SetReadDeadline.
func (w *writer) SetWriteDeadline(t time.Time) error {
	w.call.mu.Lock()
	defer w.call.mu.Unlock()
	w.deadline = t
	wake(w.call.room)
	return nil
}

// EnableFullDuplex has nothing to do: a body can always be read after the answer has begun.
func (w *writer) EnableFullDuplex() error { return nil }
