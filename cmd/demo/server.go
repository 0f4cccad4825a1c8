//go:build linux

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"

	"fanloop/codec/text"
	"fanloop/engine"
	"fanloop/hub"
	"fanloop/hubapi"
	"fanloop/identity"
)

// server puts the parts together: the engine, the hub on its loops, pages on one side and back ends on the other, both of them by HTTP
// too.
type server struct {
	options     options
	stdout      io.Writer
	log         *slog.Logger
	engine      *engine.Engine
	hub         *hub.Hub
	sites       sites
	webSockets  webSockets
	texts       texts
	api         *hubapi.API
	auth        *text.Auth     // of back ends that write lines
	door        *identity.Door // nil: pages are who they say
	gates       gates          // that pages of other sites are refused at
	jwtKeys     *identity.Keys // nil when pages show no tokens
	certs       *engine.Certificates
	authorities map[string]*authorities // by the port that asks for certificates of back ends
	fingerprint string                  // of the self-signed certificate
	opened      []opened
	ports       []port
	admin       *opened // nil without -admin
	supervisor  *supervisor
	sockets     sockets

	level        *slog.LevelVar // of the log
	clientGroups atomic.Bool
	listeners    eventListeners
	applied      options // the last that were; home's own
	terminal     tty
	started      chan struct{} // closed when the ports are open

	messagesIn   tally         // lines of back ends, and messages of pages
	idleBackEnds atomic.Uint64 // that were closed for saying nothing
	ready        atomic.Bool   // its ports are open, and it does not stop
	stopping     atomic.Bool   // it has been told to
	onReady      func() error  // called on home when the ports are open; nil for nothing
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

// openedText are the open ports.
func (s *server) openedText() string {
	var all []string
	for _, o := range s.opened {
		all = append(all, o.String())
	}
	return strings.Join(all, " ")
}

func newServer(o options, stdout io.Writer, log *slog.Logger) (*server, error) {
	s := &server{
		options: o, applied: o, level: new(slog.LevelVar), stdout: stdout, log: log,
		supervisor: findSupervisor(log), sockets: findSockets(), started: make(chan struct{}),
	}
	files := o.readFiles()
	if err := o.reading.Err(); err != nil {
		return nil, err
	}
	if err := s.loadTLS(files); err != nil {
		return nil, err
	}
	s.clientGroups.Store(o.clientGroups)
	eng, err := engine.New(engine.Options{
		Loops: o.loops, Logger: log, OnStart: s.onStart, MaxConnections: o.limits.connections,
		MaxMemory:    int64(o.limits.memory),
		DrainTimeout: o.leaving.timeout,
	})
	if err != nil {
		return nil, err
	}
	s.engine, s.messagesIn = eng, make(tally, len(eng.Loops()))
	s.hub = hub.New(eng.Loops(), hub.Options{
		Single: o.single, MaxMessage: o.limits.push, MaxName: o.limits.name, MaxGroups: o.limits.groups, MaxTargets: o.limits.targets,
	})
	s.newDoor(files)
	s.prepareSites()
	return s, nil
}

// run opens the ports and serves until ctx ends. The WebSocket ports are open before the engine runs; the others are
// opened at run time, by the home loop.
func (s *server) run(ctx context.Context) error {
	if err := s.sockets.check(s.options.allEndpoints()); err != nil {
		return errors.Join(err, s.engine.Shutdown(ctx))
	}
	closeAdmin, err := s.openAdmin()
	if err != nil {
		return errors.Join(err, s.engine.Shutdown(ctx))
	}
	defer closeAdmin()
	if err := s.open(protocolWebSocket); err != nil {
		return errors.Join(err, s.engine.Shutdown(ctx))
	}
	serving, end := s.untilDrained(ctx)
	defer end()
	defer s.reloadOnHangup()()
	watching, stopWatching := context.WithCancel(context.WithoutCancel(ctx)) // also while it says goodbye
	defer stopWatching()
	go s.supervisor.watch(watching, s.engine.Loops())
	defer s.closeDoor()
	err = s.engine.Run(serving)
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
	s.sockets.close()
	s.becomeReady()
	s.keepMemoryTidy(l)
	if s.onReady != nil {
		if err := s.onReady(); err != nil {
			return err
		}
	}
	s.greet()
	s.supervisor.tell("READY=1")
	close(s.started)
	return nil
}
