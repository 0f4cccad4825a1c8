//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"
)

// reload replaces the certificates and the configuration again and again, and now and then by what is none.
func (s *soak) reload(ctx context.Context) {
	r := s.rng()
	for n := 1; pause(ctx, between(r, time.Second, 4*time.Second)); n++ {
		var err error
		if n%4 == 0 {
			err = s.reloadWrong(n%8 == 0)
		} else {
			err = s.reloadRight(r)
		}
		if err != nil && !s.failed() {
			s.fail("reload: %w", err)
			return
		}
		s.counts.reloads.Add(1)
	}
}

// hangUp sends SIGHUP and waits for the line that says what became of it.
func (s *soak) hangUp(line string) error {
	before := s.server.log.times(line)
	s.server.signal(syscall.SIGHUP)
	for deadline := time.Now().Add(patience); s.server.log.times(line) == before; {
		if time.Now().After(deadline) {
			return fmt.Errorf("%q is not logged", line)
		}
		if !pause(s.ctx, 5*time.Millisecond) {
			return nil
		}
	}
	return nil
}

func (s *soak) reloadRight(r *rand.Rand) error {
	s.keys.replace()
	of := r.IntN(3) // a server keeps those of the codecs that there have been
	err := s.keys.configure(
		fmt.Sprintf("max-message = '%dMiB'", 2+of),
		fmt.Sprintf("max-line = '%dMiB'", 10+of),
		fmt.Sprintf("ping-interval = '%ds'", 30+of),
		fmt.Sprintf("linger = '%ds'", 2+r.IntN(5)),
		fmt.Sprintf("address-rate = %d", 100+r.IntN(100)), // this machine is exempt
		fmt.Sprintf("max-connections-total = %d", 20_000+r.IntN(1000)),
		fmt.Sprintf("max-outbox = '%dKiB'", 1024+r.IntN(512)),
	)
	if err != nil {
		return err
	}
	if err := s.hangUp(reloadedLine); err != nil {
		return err
	}
	return s.shown()
}

// reloadWrong: the server goes on with what it has.
func (s *soak) reloadWrong(key bool) error {
	if err := s.keys.spoil(key); err != nil {
		return err
	}
	if err := s.hangUp(notLoadedLine); err != nil {
		return err
	}
	return s.shown()
}

// shown looks at the certificate that a new connection gets.
func (s *soak) shown() error {
	config := s.keys.config.Clone()
	config.ClientSessionCache = nil // or it would be an old one
	d := s.server.doors["https"]
	d.protocol = "tcp"
	conn, err := s.dial(s.ctx, d, false)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	c := tls.Client(conn, config)
	if err := c.Handshake(); err != nil {
		return err
	}
	if got, want := c.ConnectionState().PeerCertificates[0].SerialNumber, s.keys.newest.Load(); got.Cmp(want) != 0 {
		return fmt.Errorf("the certificate is %v, want %v", got, want)
	}
	return nil
}
