//go:build linux

package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync/atomic"

	"fanloop/engine"
	"fanloop/hub"
)

// server puts the parts together: the engine, the hub on its loops, pages on one side and back ends on the other, both of them by HTTP
// too.
type server struct {
	options     options
	stdout      io.Writer
	log         *slog.Logger
	engine      *engine.Engine
	hub         *hub.Hub
	site        *site
	certs       *engine.Certificates // nil without TLS
	authorities *x509.CertPool       // who signs the certificates of back ends; nil when they need none
	fingerprint string               // of the self-signed certificate
	opened      []opened
	ports       []port
	admin       *opened // nil without -admin
	supervisor  *supervisor

	messagesIn atomic.Uint64 // lines of back ends, and messages of pages
	ready      atomic.Bool   // its ports are open, and it does not stop
	onReady    func() error  // called on home when the ports are open; nil for nothing
}

// port is an open port as the status shows it.
type port struct {
	protocol string
	listener *engine.Listener
}

// opened is an open port, with the address that it really has.
type opened struct {
	protocol string
	addr     net.Addr
}

// String is the spelling that -listen takes.
func (o opened) String() string {
	if o.addr.Network() == "unix" {
		return o.protocol + "://unix:" + o.addr.String()
	}
	return o.protocol + "://" + o.addr.String()
}

func newServer(o options, stdout io.Writer, log *slog.Logger) (*server, error) {
	s := &server{options: o, stdout: stdout, log: log, supervisor: findSupervisor(log)}
	if err := s.loadTLS(); err != nil {
		return nil, err
	}
	eng, err := engine.New(engine.Options{Loops: o.loops, Logger: log, OnStart: s.onStart})
	if err != nil {
		return nil, err
	}
	s.engine = eng
	s.hub = hub.New(eng.Loops(), hub.Options{Single: o.single})
	s.site = s.newSite()
	return s, nil
}

// run opens the ports and serves until ctx ends. The WebSocket ports are open before the engine runs; the others are
// opened at run time, by the home loop.
func (s *server) run(ctx context.Context) error {
	closeAdmin, err := s.openAdmin()
	if err != nil {
		return errors.Join(err, s.engine.Shutdown(ctx))
	}
	defer closeAdmin()
	if err := s.open(protocolWebSocket); err != nil {
		return errors.Join(err, s.engine.Shutdown(ctx))
	}
	defer context.AfterFunc(ctx, func() {
		s.ready.Store(false)
		s.supervisor.tell("STOPPING=1")
	})()
	defer s.reloadOnHangup()()
	watching, stopWatching := context.WithCancel(context.WithoutCancel(ctx)) // also while it says goodbye
	defer stopWatching()
	go s.supervisor.watch(watching, s.engine.Loops())
	err = s.engine.Run(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("some connections did not close in time and were cut off")
		return nil
	}
	return err
}

// onStart is called on each loop when the engine runs.
func (s *server) onStart(l *engine.Loop) error {
	if l.Index() != 0 {
		return nil
	}
	for _, protocol := range []string{protocolText, protocolHTTP} {
		if err := s.open(protocol); err != nil {
			return err
		}
	}
	s.ready.Store(true)
	s.keepMemoryTidy(l)
	if s.onReady != nil {
		if err := s.onReady(); err != nil {
			return err
		}
	}
	s.greet()
	s.supervisor.tell("READY=1")
	return nil
}

// open opens the endpoints of one protocol.
func (s *server) open(protocol string) error {
	for _, e := range s.options.listen {
		if e.spoken() != protocol {
			continue
		}
		ln, err := s.engine.Listen(e.engineAddress(), s.serving(protocol), s.listenOptions(e))
		if err != nil {
			return fmt.Errorf("%s: %w", e, err)
		}
		s.opened = append(s.opened, opened{e.protocol, ln.Addr()})
		s.ports = append(s.ports, port{e.protocol, ln})
		if protocol == protocolText && e.beyondLoopback() && !(e.tls() && s.authorities != nil) {
			s.log.Warn("everybody who can reach this port can push; listen on a loopback address unless a firewall is in front",
				"listener", e.String())
		}
	}
	return nil
}

func (s *server) listenOptions(e endpoint) engine.ListenOptions {
	o := engine.ListenOptions{ReusePort: s.options.reusePort, TLS: s.tlsOf(e)}
	_ = o.Slow.UnmarshalText([]byte(s.options.slow)) // it has been checked, by the same names: a test compares
	return o
}

func (s *server) serving(protocol string) engine.Server {
	switch protocol {
	case protocolText:
		return s.backends()
	case protocolHTTP:
		return s.site
	}
	return s.clients()
}
