//go:build linux

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// reloadOnHangup has SIGHUP read the configuration and all files again, until end is called.
func (s *server) reloadOnHangup() (end func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			if !s.terminal.gone() {
				s.reload()
			}
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(hangups)
	}
}

// reload reads all of it, and applies it on home when nothing is wrong.
func (s *server) reload() {
	if !s.ready.Load() {
		s.log.Warn("not reloaded: the ports are not open")
		return
	}
	s.supervisor.reloading()
	next, err := parseOptions(s.options.args)
	if err != nil {
		s.refuseReload(err)
		return
	}
	if !next.canReload() {
		s.log.Info("there is nothing to reload: neither a configuration file nor another that is read again")
		s.supervisor.tell("READY=1")
		return
	}
	files := next.readFiles()
	if err := next.reading.Err(); err != nil {
		s.refuseReload(err)
		return
	}
	_ = s.engine.Home().Post(func() { // an error: the process ends
		s.apply(&next, files)
		s.supervisor.tell("READY=1")
	})
}

// canReload tells whether anything can have changed.
func (o *options) canReload() bool {
	if o.config != "" || len(o.tls.certs) > 0 || len(o.identity.jwtKeys) > 0 {
		return true
	}
	for _, e := range o.listen {
		if forBackEndsOverTLS.are(e) && o.portOptions(e).tlsClientCA != "" {
			return true
		}
	}
	return false
}

// refuseReload logs what is wrong, a line each.
func (s *server) refuseReload(err error) {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, err := range all {
		s.log.Error("not reloaded, everything is as it was", "err", err)
	}
	s.supervisor.tell("READY=1")
}
