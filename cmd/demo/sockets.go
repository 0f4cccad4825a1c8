//go:build linux

package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/coreos/go-systemd/v22/activation"

	"fanloop/engine"
)

// sockets are the listening sockets that a service manager has opened and passed on, by name. One name may have several.
type sockets struct{ files []*os.File }

// findSockets finds them in the environment, and keeps them from children.
func findSockets() sockets { return sockets{activation.Files(true)} }

func (s *sockets) names() (names []string) {
	for _, f := range s.files {
		if !slices.Contains(names, f.Name()) {
			names = append(names, f.Name())
		}
	}
	return names
}

// check wants a socket for each endpoint that asks for one by name, and an endpoint for each socket: one that nobody accepts on would let
// clients wait for ever.
func (s *sockets) check(all []endpoint) error {
	var problems []error
	names, wanted := s.names(), []string(nil)
	for _, e := range all {
		name, passed := e.passedAs()
		if !passed {
			continue
		}
		switch {
		case slices.Contains(wanted, name):
			problems = append(problems, fmt.Errorf("%s: the socket is asked for twice", e))
		case len(names) == 0:
			problems = append(problems, fmt.Errorf("%s: no service manager has passed a socket (LISTEN_FDS)", e))
		case !slices.Contains(names, name):
			problems = append(problems, fmt.Errorf("%s: the service manager has passed no socket of that name, but %s", e, strings.Join(names, ", ")))
		}
		wanted = append(wanted, name)
	}
	for _, name := range names {
		if !slices.Contains(wanted, name) {
			problems = append(problems, fmt.Errorf("the service manager has passed a socket named %s, and no port is systemd:%[1]s", name))
		}
	}
	return errors.Join(problems...)
}

// listen opens an endpoint's port, or takes the sockets that are passed on under its name.
func (s *sockets) listen(on *engine.Engine, e endpoint, serves engine.Server, o engine.ListenOptions) ([]*engine.Listener, error) {
	name, passed := e.passedAs()
	if !passed {
		ln, err := on.Listen(e.engineAddress(), serves, o)
		return []*engine.Listener{ln}, err
	}
	var all []*engine.Listener
	for _, f := range s.files {
		if f.Name() != name {
			continue
		}
		ln, err := takeSocket(on, f, serves, o)
		if err != nil {
			return nil, err
		}
		all = append(all, ln)
	}
	return all, nil
}

// takeSocket listens on a copy of the descriptor, as the net package gives it.
func takeSocket(on *engine.Engine, f *os.File, serves engine.Server, o engine.ListenOptions) (*engine.Listener, error) {
	l, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("what the service manager has passed is no listening socket: %w", err)
	}
	ln, err := on.ListenOn(l, serves, o)
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return ln, nil
}

// close lets the descriptors go, of which the engine has copies.
func (s *sockets) close() {
	for _, f := range s.files {
		_ = f.Close()
	}
}
