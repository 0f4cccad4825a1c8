//go:build linux

package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// counting is a connection that does something of its own at its end.
type counting struct{ net.Conn }

// What cannot be taken over is an error that says why, and stays its owner's.
func TestAdoptRefuses(t *testing.T) {
	e, other, stopped := testEngine(t, Options{}), testEngine(t, Options{}), testEngine(t, Options{})
	shutdown(t, stopped)
	conn, peer := tcpStrangers(t)
	gone, _ := tcpStrangers(t)
	gone.Close()
	pipe, _ := net.Pipe()
	datagram, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "d.sock"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer datagram.Close()
	packets, _ := strangers(t, "unixpacket", filepath.Join(t.TempDir(), "p.sock"))
	elsewhere := ListenOptions{Loop: other.Home()}

	for _, tt := range []struct {
		e    *Engine
		conn net.Conn
		o    ListenOptions
		err  error
		says string
	}{
		{e, tls.Server(conn, &tls.Config{}), ListenOptions{}, errors.ErrUnsupported, "TLS"},
		{e, counting{conn}, ListenOptions{}, errors.ErrUnsupported, "engine.counting"},
		{e, &counting{conn}, ListenOptions{}, errors.ErrUnsupported, "*engine.counting"},
		{e, pipe, ListenOptions{}, errors.ErrUnsupported, "net.pipe"},
		{e, nil, ListenOptions{}, errors.ErrUnsupported, ""},
		{e, datagram, ListenOptions{}, errors.ErrUnsupported, "stream"},
		{e, packets, ListenOptions{}, errors.ErrUnsupported, "stream"},
		{e, gone, ListenOptions{}, net.ErrClosed, ""},
		{e, conn, elsewhere, nil, "another engine"},
		{stopped, conn, ListenOptions{}, ErrClosed, ""},
	} {
		ref, err := tt.e.Adopt(tt.conn, []byte("x"), echo, tt.o)
		if err == nil || ref != (Ref{}) || tt.err != nil && !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%T: %v, want %v that says %q", tt.conn, err, tt.err, tt.says)
		}
	}
	send(t, conn, "still his")
	expect(t, peer, "still his")
	if s := e.Stats(); s.Adopted != 0 || s.Connections != 0 {
		t.Errorf("%+v", s)
	}
}

// When nothing can be had from the loop any more, the descriptor is not left behind, and the connection is the caller's.
func TestAdoptOnALoopThatHasEnded(t *testing.T) {
	e := testEngine(t, Options{})
	conn, peer := tcpStrangers(t)
	on(t, e.Home(), e.Home().stop)
	e.running.Wait()
	before := descriptors()
	if _, err := e.Adopt(conn, nil, echo); err != ErrClosed {
		t.Errorf("%v", err)
	}
	if now := descriptors(); now != before || e.Stats().Connections != 0 {
		t.Errorf("%d descriptors, were %d; %d connections", now, before, e.Stats().Connections)
	}
	send(t, conn, "still his")
	expect(t, peer, "still his")
}

// An adopted connection says goodbye when the engine stops, like every other.
func TestAdoptedAtShutdown(t *testing.T) {
	e := testEngine(t, Options{})
	conn, peer := tcpStrangers(t)
	closed := make(chan error, 1)
	h := echo
	h.close = func(_ *Conn, err error) { closed <- err }
	adopt(t, e, conn, "hello", h)
	expect(t, peer, "hello")
	result := make(chan error, 1)
	go func() { result <- e.Shutdown(context.Background()) }()
	expectEOF(t, peer)
	peer.Close()
	if err := await(t, "Shutdown", result); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := await(t, "OnClose", closed); err != ErrShutdown {
		t.Errorf("OnClose: %v", err)
	}
}

// Connections come from many goroutines while the engine stops: each is the engine's and served to its end, or the caller's,
// and no descriptor is left.
func TestAdoptAgainstShutdown(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	before := descriptors()
	for range 20 {
		e := testEngine(t, Options{Loops: 3})
		var opened, closed, adopted atomic.Int64
		enough := make(chan struct{})
		h := handler{
			open:  func(*Conn) { opened.Add(1) },
			close: func(*Conn, error) { closed.Add(1) },
		}
		var owners sync.WaitGroup
		for range 4 {
			owners.Go(func() {
				for adoptOne(t, e, ln, h) {
					if adopted.Add(1) == 20 {
						close(enough)
					}
				}
			})
		}
		await(t, "20 connections", enough)
		shutdown(t, e)
		owners.Wait()
		if n := adopted.Load(); opened.Load() != n || closed.Load() != n || e.Stats().Connections != 0 {
			t.Fatalf("%d connections, %d opened, %d closed; %+v", n, opened.Load(), closed.Load(), e.Stats())
		}
	}
	if now := descriptors(); now != before {
		t.Errorf("%d descriptors, were %d", now, before)
	}
}

// adoptOne makes a connection, hangs up at one end, and tells whether the engine has taken the other.
func adoptOne(t testing.TB, e *Engine, ln net.Listener, s Server) bool {
	peer, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Error(err)
		return false
	}
	defer peer.Close()
	conn, err := ln.Accept() // maybe another's peer
	if err != nil {
		t.Error(err)
		return false
	}
	switch _, err := e.Adopt(conn, []byte("hello"), s); err {
	case nil:
		return true
	case ErrClosed:
	default:
		t.Errorf("Adopt: %v", err)
	}
	if err := conn.Close(); err != nil {
		t.Errorf("it is not the caller's: %v", err)
	}
	return false
}
