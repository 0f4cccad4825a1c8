//go:build linux

package engine

import (
	"context"
	"crypto/tls"
	"testing"
)

// handshaken is a connection whose handshake is said to be done, with nothing of it sent yet.
func (s *stillLoop) handshaken(in string) (*fakeSocket, *handshake) {
	k := s.connect(handler{})
	c := k.conn
	h := &handshake{conn: c, door: &door{server: echo}}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.secure = &secure{conn: c}
	h.secure.tls = tls.Server(h.secure, &tls.Config{})
	c.handler = h
	_ = c.Send([]byte("the last flight"))
	c.setRest([]byte(in))
	return k, h
}

// A connection that the poller loses when its handshake is done is not read, written or served any more.
func TestLostBehindHandshake(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k, h := s.handshaken("what TLS answers with an alert")
	restore := s.noInterest()
	s.secure(h)
	restore()
	s.settle()
	s.pump()
	if !k.closed || k.conn.handler != Handler(h) || len(k.got) > 0 {
		t.Errorf("closed %v, served by %T, got %q", k.closed, k.conn.handler, k.got)
	}
	s.checkMemory()
	if s.kept != 0 || s.queued+s.stuck != 0 {
		t.Errorf("%d bytes are kept, %d and %d wait", s.kept, s.queued, s.stuck)
	}
}
