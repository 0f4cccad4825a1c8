//go:build linux

package http

import (
	"errors"
	"io"

	"fanloop/engine"
)

var (
	// ErrFull is returned by Stream.Write when more than Server.MaxWriteAhead bytes wait for the peer.
	ErrFull = errors.New("http: too much waits for the peer")
	// ErrLength is returned when more or less is written than the length that was announced.
	ErrLength = errors.New("http: not the announced length")
)

// Stream is an answer whose body comes in pieces: in chunks to HTTP/1.1, up to the connection's end to HTTP/1.0. It belongs
// to the connection's loop, as the exchange does.
type Stream struct {
	x     *Exchange
	left  int64 // to come of the announced length, -1 without one
	ended bool
	full  bool
	stall stall

	onDrain    func()
	onShutdown func()
	onClose    func(err error)
}

// Stream begins an answer in pieces. It may be called after the handler has returned; Stream.Close ends it. The errors are
// those of Respond.
func (x *Exchange) Stream(status int, fields Fields) (*Stream, error) {
	return x.StreamLength(status, fields, -1)
}

// StreamLength is Stream with a body whose length is known: it has Content-Length instead of chunks, and ends with its last
// byte. To HEAD it tells the length, and what is written is not sent.
func (x *Exchange) StreamLength(status int, fields Fields, length int64) (*Stream, error) {
	st := &Stream{left: max(length, -1)}
	if err := x.start(status, fields, st.left, st); err != nil {
		return nil, err
	}
	st.x = x
	return st, nil
}

// OnDrain has f called, each time that Write has returned ErrFull, when no more than half of MaxWriteAhead waits.
func (st *Stream) OnDrain(f func()) { st.onDrain = f }

// OnShutdown has f called when the engine stops, for a stream that has no end of its own. Without it the stream may go on
// until the engine's patience ends.
func (st *Stream) OnShutdown(f func()) { st.onShutdown = f }

// OnClose has f called once when the connection closes before the stream has ended.
func (st *Stream) OnClose(f func(err error)) { st.onClose = f }

// Buffered is how many bytes wait for the peer.
func (st *Stream) Buffered() int {
	if st.ended {
		return 0
	}
	return st.x.buffered()
}

// Write sends p as one piece; p is copied. All of it is taken, or nothing. A client that takes nothing for BodyTimeout, while
// Write has returned ErrFull, is cut off. The errors are ErrFull, ErrLength, and
// engine.ErrClosed after the stream or the connection has ended.
func (st *Stream) Write(p []byte) (int, error) {
	switch {
	case st.ended || st.x.session.conn.Closing():
		return 0, engine.ErrClosed
	case st.left >= 0 && int64(len(p)) > st.left:
		return 0, ErrLength
	case st.x.buffered() > st.x.session.server.maxWriteAhead():
		st.fill()
		return 0, ErrFull
	}
	if st.left >= 0 {
		st.left -= int64(len(p))
	}
	st.x.write(p)
	return len(p), nil
}

func (st *Stream) fill() {
	if !st.full {
		st.full = true
		st.x.session.desk.counters.streamsFull.Add(1)
	}
	st.x.awaitDrain(st.x.session.server.maxWriteAhead() / 2)
	st.stall.watch(st.x)
}

// Close ends the answer. One that is shorter than announced closes the connection, so that the peer notices.
func (st *Stream) Close() error { return st.CloseWith(nil) }

// CloseWith is Close with trailers, which only a chunked answer can have; others leave them out. The errors are ErrField and
// ErrReservedField: then the stream has not ended; and ErrLength and engine.ErrClosed: then it has.
func (st *Stream) CloseWith(trailers Fields) error {
	if st.ended {
		return engine.ErrClosed
	}
	if st.left > 0 && !st.x.isHead {
		st.ended = true
		st.x.Abort()
		return ErrLength
	}
	if err := st.x.end(trailers); err != nil {
		return err
	}
	st.ended = true
	st.stall.stop()
	return nil
}

// Abort ends the connection in the midst of the answer; the peer gets a reset.
func (st *Stream) Abort() {
	if !st.ended {
		st.ended = true
		st.x.Abort()
	}
}

func (st *Stream) bodyPiece([]byte) {}
func (st *Stream) bodyEnds(error)   {}
func (st *Stream) peerEnded()       {}

func (st *Stream) drained() {
	st.full = false
	st.stall.stop()
	if st.onDrain != nil {
		st.onDrain()
	}
}

func (st *Stream) shutdown() {
	if st.onShutdown != nil && !st.ended {
		st.onShutdown()
	}
}

func (st *Stream) gone(err error) {
	st.stall.stop()
	if st.ended {
		return
	}
	st.ended = true
	if st.onClose != nil {
		st.onClose(err)
	}
}

var _ io.Writer = (*Stream)(nil)
