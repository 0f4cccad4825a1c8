//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"
)

// A rudeness is one way of breaking the rules.
type rudeness struct {
	name  string
	ports []string // one of these
	// bytes are what to say, and what the answer must be when all of it was heard and the answer has come to its end; nil does not ask.
	bytes func(r *rand.Rand) (say []byte, answer func(got []byte) error)
	// wait has the peer wait for the answer to the end: the server hangs up.
	wait bool
	raw  bool // without TLS, also where the port has it
}

// beRude has one rude peer come after the other.
func (s *soak) beRude(ctx context.Context) {
	r := s.rng()
	for pause(ctx, between(r, 0, 200*time.Millisecond)) {
		k := &rudenesses[r.IntN(len(rudenesses))]
		if err := s.affront(ctx, k, r); err != nil && !s.failed() {
			s.fail("a rude peer, %s: %w", k.name, err)
			return
		}
		s.counts.rude(k.name)
	}
}

// affront connects and is rude. What fails of the connection is no error: the server may hang up when it likes.
func (s *soak) affront(ctx context.Context, k *rudeness, r *rand.Rand) error {
	protocol, waits := k.ports[r.IntN(len(k.ports))], k.wait && r.IntN(3) > 0
	d := s.server.hasty[protocol]
	if waits {
		d = s.server.doors[protocol]
	}
	if k.raw {
		d.protocol = "tcp"
	}
	conn, err := s.dial(s.ctx, d, false)
	if err != nil && !waits && d.tls() {
		return nil // a hasty port may have no patience for our handshake
	}
	if err != nil {
		return err
	}
	say, answer := k.bytes(r)
	if waits {
		defer conn.Close()
		return s.hearOut(conn, say, answer, r)
	}
	_ = conn.SetDeadline(time.Now().Add(between(r, 10*time.Millisecond, 3*time.Second)))
	cut := say[:r.IntN(len(say)+1)]
	if r.IntN(2) == 0 {
		cut = say
	}
	_ = dribble(ctx, conn, cut, r)
	switch r.IntN(4) {
	case 0:
		reset(conn)
	case 1:
		_ = conn.Close() // with what has not been read: a reset too
	case 2:
		pause(ctx, between(r, 0, 3*time.Second))
		reset(conn)
	default:
		_, _ = io.Copy(io.Discard, conn)
		_ = conn.Close()
	}
	return nil
}

// dribble writes p in pieces.
func dribble(ctx context.Context, conn net.Conn, p []byte, r *rand.Rand) error {
	most := []int{len(p) + 1, 1 + len(p)/3, 1 + len(p)/20}[r.IntN(3)]
	for len(p) > 0 {
		n := min(1+r.IntN(most), len(p))
		if _, err := conn.Write(p[:n]); err != nil {
			return err
		}
		if p = p[n:]; !pause(ctx, between(r, 0, 3*time.Millisecond)) {
			return ctx.Err()
		}
	}
	return nil
}

// hearOut says everything and reads to the end.
func (s *soak) hearOut(conn net.Conn, say []byte, answer func([]byte) error, r *rand.Rand) error {
	_ = conn.SetDeadline(time.Now().Add(patience))
	said := make(chan error, 1)
	go func() { said <- dribble(s.ctx, conn, say, r) }()
	got, err := io.ReadAll(conn)
	sayErr := <-said
	switch {
	case errors.Is(err, context.DeadlineExceeded) || isTimeout(err):
		return fmt.Errorf("the server does not hang up; it said %.200q", got)
	case err != nil || sayErr != nil || answer == nil:
		return nil
	}
	return answer(got)
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// beSilent connects and says nothing, or not enough, for a while.
func (s *soak) beSilent(ctx context.Context) {
	r := s.rng()
	ports := []string{"websocket", "wss", "text", "texts", "http", "https"}
	beginnings := []string{"", "", "G", "GET /ws HTTP/1.1\r\nHost: localhost\r\n", "POST /push HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", "\x16\x03\x01\x02\x00\x01", `{"uid":"nobo`}
	for pause(ctx, between(r, 0, time.Second)) {
		protocol := ports[r.IntN(len(ports))]
		d := s.server.hasty[protocol]
		if r.IntN(2) == 0 {
			d = s.server.doors[protocol]
		}
		d.protocol = "tcp"
		conn, err := s.dial(s.ctx, d, false)
		if err != nil {
			if !s.failed() {
				s.fail("connecting: %w", err)
			}
			return
		}
		_, _ = io.WriteString(conn, beginnings[r.IntN(len(beginnings))])
		pause(ctx, between(r, 0, 6*time.Second))
		if r.IntN(2) == 0 {
			reset(conn)
		} else {
			_ = conn.Close()
		}
		s.counts.silent.Add(1)
	}
}
