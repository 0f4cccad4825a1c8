//go:build linux

package http

import (
	"bytes"
	"errors"
	"io"
	nethttp "net/http"
	"strings"
	"testing"

	"fanloop/engine"
)

// flood is a handler that streams size bytes as fast as the peer takes them.
type flood struct {
	size    int
	full    int // times that Write said ErrFull
	most    int // that ever waited
	drained int // times that OnDrain came
	closed  chan error
}

func (f *flood) handle(x *Exchange) {
	st, err := x.Stream(200, nil)
	if err != nil {
		return
	}
	left := f.size
	piece := bytes.Repeat([]byte("x"), 10000)
	pour := func() {
		for left > 0 {
			n, err := st.Write(piece[:min(left, len(piece))])
			f.most = max(f.most, st.Buffered())
			if err != nil {
				f.full++
				return
			}
			left -= n
		}
		_ = st.Close()
	}
	st.OnDrain(func() { f.drained++; pour() })
	st.OnClose(func(err error) { f.closed <- err })
	pour()
}

// A stream is made as fast as the peer reads it, and no more waits than MaxWriteAhead and a piece: also of one whose turn
// has not come.
func TestStreamBackpressure(t *testing.T) {
	var late []*Exchange
	f := &flood{size: 20 << 20, closed: make(chan error, 1)}
	s := &Server{MaxWriteAhead: 100 << 10, OnRequest: f.handle}
	s.Handle("/late", func(x *Exchange) { late = append(late, x) })
	w := serve(t, s)
	c := w.dial()
	w.bring(c, get("/late")+get("/")+get("/late"))
	await(t, w.Engine, func() {
		if f.full != 1 {
			t.Errorf("full %d times before its turn", f.full)
		}
		_ = late[0].Respond(200, nil, []byte("late"))
	})
	c.want(200, "late")
	res, err := nethttp.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, res.Body); n != int64(f.size) || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	await(t, w.Engine, func() {
		if f.most > 120<<10 || f.drained < 5 || f.full < f.drained {
			t.Errorf("%d bytes waited, drained %d times, full %d times", f.most, f.drained, f.full)
		}
		_ = late[1].Respond(200, nil, nil)
	})
	c.want(200, "")
	if n := s.Stats().StreamsFull; n == 0 {
		t.Error("not counted")
	}
}

// A peer that goes away in the midst of a stream ends it.
func TestStreamGone(t *testing.T) {
	f := &flood{size: 1 << 30, closed: make(chan error, 1)}
	w := serve(t, &Server{OnRequest: f.handle})
	c := w.dial()
	c.send(get("/"))
	if _, err := c.r.Peek(1); err != nil {
		t.Fatal(err)
	}
	_ = c.SetLinger(0)
	_ = c.Close()
	if err := receive(t, f.closed); err == nil || errors.Is(err, engine.ErrClosed) {
		t.Errorf("OnClose(%v)", err)
	}
}

// A client that takes nothing of a stream is cut off; one whose turn has not come is not.
func TestStreamStalled(t *testing.T) {
	var late *Exchange
	f := &flood{size: 1 << 30, closed: make(chan error, 1)}
	s := &Server{OnRequest: f.handle, BodyTimeout: soon, MaxWriteAhead: 10 << 10}
	s.Handle("/late", func(x *Exchange) { late = x })
	w := serve(t, s)
	c := w.dial()
	w.bring(c, get("/late")+get("/"))
	pause(t, w, 5*soon)
	await(t, w.Engine, func() {
		if f.full != 1 || len(f.closed) > 0 {
			t.Errorf("full %d times, closed %d times before its turn", f.full, len(f.closed))
		}
		_ = late.Respond(200, nil, nil)
	})
	if err := receive(t, f.closed); err != engine.ErrAborted {
		t.Errorf("OnClose(%v)", err)
	}
	if n := s.Stats().WriteTimeouts; n != 1 {
		t.Errorf("counted %d", n)
	}
}

// A stream without an end of its own is told when the engine stops.
func TestStreamShutdown(t *testing.T) {
	begun := make(chan struct{})
	w := serve(t, &Server{OnRequest: func(x *Exchange) {
		st, _ := x.Stream(200, nil)
		_, _ = st.Write([]byte("begun"))
		st.OnShutdown(func() { _, _ = st.Write([]byte(", ended")); _ = st.Close() })
		close(begun)
	}})
	c := w.dial()
	c.send(get("/"))
	receive(t, begun)
	stopped := make(chan struct{})
	go func() { defer close(stopped); w.end() }()
	if res := c.want(200, "begun, ended"); res.Close {
		t.Error("the head knew of it")
	}
	c.wantEnd()
	_ = c.Close()
	receive(t, stopped)
}

// All are told, also when the first of them ends others.
func TestStreamsShutdown(t *testing.T) {
	begun := make(chan struct{}, 3)
	s := &Server{OnRequest: func(x *Exchange) {
		st, _ := x.Stream(200, nil)
		st.OnShutdown(func() { _, _ = st.Write([]byte("ended")); _ = st.Close() })
		begun <- struct{}{}
	}}
	s.Handle("/short", func(x *Exchange) { _ = x.Respond(200, nil, []byte("short")); begun <- struct{}{} })
	w := serve(t, s)
	c := w.dial()
	c.send(get("/") + get("/short") + get("/"))
	for range 3 {
		receive(t, begun)
	}
	stopped := make(chan struct{})
	go func() { defer close(stopped); w.end() }()
	c.want(200, "ended")
	c.want(200, "short")
	c.want(200, "ended")
	c.wantEnd()
	_ = c.Close()
	receive(t, stopped)
}

// An answer made outside of the connection's callbacks, for which there is no room, waits for it; so do those behind it.
func TestAnswersWaitForRoom(t *testing.T) {
	var waiting []*Exchange
	arrived := make(chan struct{}, 10)
	s := &Server{OnRequest: func(x *Exchange) { waiting = append(waiting, x); arrived <- struct{}{} }}
	w := serve(t, s, engine.ListenOptions{MaxOutbox: 64 << 10})
	c := w.dial()
	c.send(strings.Repeat(get("/"), 4))
	for range 4 {
		receive(t, arrived)
	}
	body := strings.Repeat("x", 8<<20)
	for i := range 4 {
		await(t, w.Engine, func() { _ = waiting[i].Respond(200, nil, []byte(body)) })
	}
	for range 4 {
		c.want(200, body)
	}
}
