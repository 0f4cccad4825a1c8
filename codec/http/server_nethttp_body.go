//go:build linux

package http

import (
	"io"
	nethttp "net/http"
	"os"
	"time"
)

// reader is the body of a request, as its handler reads it. What has come and has not been read is kept; past bodyAhead, and
// while the handler has not begun, the connection is not read.
type reader struct {
	call     *call
	request  *nethttp.Request // gets the trailers
	asked    bool             // the client has been told to go on, or does not wait for it
	deadline time.Time
	ready    chan struct{} // something has changed; nil without a body

	// guarded by call.mu
	kept     []byte
	first    int // kept[first:] has not been read
	held     bool
	closed   bool
	err      error // behind what is kept
	trailers nethttp.Header
}

const bodyAhead = 64 << 10

func (b *reader) init(hasBody bool) {
	if !hasBody {
		b.err = io.EOF
		return
	}
	b.ready = make(chan struct{}, 1)
	b.asked = !b.call.expects
}

// bodyPiece and bodyEnds come from the loop.
func (c *call) bodyPiece(p []byte) {
	b := &c.reader
	c.mu.Lock()
	defer c.mu.Unlock()
	if b.closed {
		return
	}
	b.kept = append(b.kept, p...)
	if !c.begun || len(b.kept)-b.first > bodyAhead {
		b.held = true
		c.x.holdBody()
	}
	wake(b.ready)
}

func (c *call) bodyEnds(err error) {
	b := &c.reader
	if b.ready == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if b.err = err; err == nil {
		b.err = io.EOF
		b.takeTrailers(c.x.Trailers())
	}
	wake(b.ready)
}

func (b *reader) takeTrailers(fields Fields) {
	for i := range fields {
		if b.trailers == nil {
			b.trailers = nethttp.Header{}
		}
		b.trailers.Add(string(fields[i].Name), string(fields[i].Value))
	}
}

// fail is called with mu held when the connection has closed.
func (b *reader) fail() {
	if b.err == nil {
		b.err = io.ErrUnexpectedEOF
	}
	if b.ready != nil {
		wake(b.ready)
	}
}

// Read reads what has come of the body, and waits for something.
func (b *reader) Read(p []byte) (n int, err error) {
	c := b.call
	c.mu.Lock()
	defer c.mu.Unlock()
	b.ask()
	for b.first == len(b.kept) && b.err == nil && !b.closed && len(p) > 0 {
		if err := c.wait(b.ready, &b.deadline); err != nil {
			return 0, err
		}
	}
	switch {
	case b.closed:
		return 0, nethttp.ErrBodyReadAfterClose
	case b.first == len(b.kept) && len(p) > 0:
		if b.err == io.EOF {
			b.giveTrailers()
		}
		return 0, b.err
	}
	n = copy(p, b.kept[b.first:])
	if b.first += n; b.first == len(b.kept) {
		b.kept, b.first = b.kept[:0], 0
	}
	b.resume()
	return n, nil
}

// ask has the client sent 100 Continue, at the first Read.
func (b *reader) ask() {
	if b.asked {
		return
	}
	b.asked = true
	b.call.pending.wanted = true
	b.call.post()
}

// resume has the connection read again, when little is left.
func (b *reader) resume() {
	if b.held && len(b.kept)-b.first < bodyAhead/2 {
		b.held = false
		b.call.pending.resumed = true
		b.call.post()
	}
}

func (b *reader) giveTrailers() {
	if b.trailers == nil {
		return
	}
	if b.request.Trailer == nil {
		b.request.Trailer = nethttp.Header{}
	}
	for name, values := range b.trailers {
		b.request.Trailer[name] = values
	}
	b.trailers = nil
}

// Close has the rest of the body thrown away.
func (b *reader) Close() error {
	c := b.call
	c.mu.Lock()
	defer c.mu.Unlock()
	b.closed = true
	b.kept, b.first = nil, 0
	b.resume()
	if b.ready != nil {
		wake(b.ready)
	}
	return nil
}

// wait waits for a change, with mu held but meanwhile.
func (c *call) wait(change <-chan struct{}, deadline *time.Time) error {
	var late <-chan time.Time
	if !deadline.IsZero() {
		left := time.Until(*deadline)
		if left <= 0 {
			return os.ErrDeadlineExceeded
		}
		timer := time.NewTimer(left)
		defer timer.Stop()
		late = timer.C
	}
	c.mu.Unlock()
	defer c.mu.Lock()
	select {
	case <-change:
	case <-late:
	}
	return nil
}
