//go:build linux

package main

import (
	"reflect"
	"slices"

	"fanloop/hub"
)

// changes apply flags at run time, by their names. What is missing here, and is not among the limits of a port (portFlag.isLimit), needs a
// restart, and a reload says so.
var changes = map[string]func(s *server, next *options){
	"log-level":     func(s *server, next *options) { s.level.Set(next.log.level) },
	"client-groups": func(s *server, next *options) { s.clientGroups.Store(next.clientGroups) },
	"cors":          (*server).applyEvents,
	"token": func(s *server, next *options) {
		s.auth.Set(next.token)
		s.api.SetToken(next.apiToken())
		s.warnOfMissingToken(next.token)
	},
	"http-token":            func(s *server, next *options) { s.api.SetToken(next.apiToken()) },
	"max-connections-total": func(s *server, next *options) { s.engine.SetMaxConnections(next.limits.connections) },
	"single": func(s *server, next *options) {
		s.hub.Do(s.engine.Home(), func(x *hub.Home) { x.SetSingle(next.single) })
	},
}

// apply applies what a reload has read. On home.
func (s *server) apply(next *options, f files) {
	var done, left int
	tell := func(applied bool, name, was, is string, more ...any) {
		more = append([]any{"key", name, "was", was, "is", is}, more...)
		if applied {
			done++
			s.log.Info("changed", more...)
			return
		}
		left++
		s.log.Warn("this change needs a restart", more...)
	}
	s.applyCertificates(next, f)
	s.applyJWTKeys(f)
	for _, p := range s.ports {
		e, there := next.sameEndpoint(p)
		if !there {
			continue
		}
		s.applyPort(p, e, next, f, tell)
	}
	if !sameEndpoints(s.options.listen, next.listen) {
		tell(false, "listen", s.options.listenText(), next.listenText())
	}
	s.applyFlags(next, tell)
	if next.port.bindTimeout != s.applied.port.bindTimeout {
		s.applyEvents(next)
	}
	s.applied = *next
	s.log.Info("the configuration and certificates have been read again", "changed", done, "restart", left)
}

// tellChange logs a change that was applied, or that needs a restart.
type tellChange = func(applied bool, name, was, is string, more ...any)

// applyFlags applies what is of the process. What needs a restart is compared with what runs, and named each time.
func (s *server) applyFlags(next *options, tell tellChange) {
	runs, since := s.options.reading, s.applied.reading
	for _, name := range next.reading.Changed(since) {
		if change := changes[name]; change != nil {
			change(s, next)
			tell(true, name, since.Shown(name), next.reading.Shown(name))
		}
	}
	for _, name := range next.reading.Changed(runs) {
		ofPorts := name == "listen" || findPortFlag(name) != nil
		if changes[name] == nil && !ofPorts && !s.renewed(name, next) {
			tell(false, name, runs.Shown(name), next.reading.Shown(name))
		}
	}
}

// renewed tells whether a flag names certificates that applyCertificates takes, or keys that applyJWTKeys does.
func (s *server) renewed(name string, next *options) bool {
	switch name {
	case "tls-cert", "tls-key":
		return s.renews(next)
	case "jwt-key":
		return s.jwtKeys != nil && len(next.identity.jwtKeys) > 0
	}
	return false
}

func (s *server) renews(next *options) bool {
	return len(s.options.tls.certs) > 0 && len(next.tls.certs) > 0
}

// applyCertificates: new connections get the new ones.
func (s *server) applyCertificates(next *options, f files) {
	if s.renews(next) {
		s.certs.Set(f.certificates...)
	}
}

// applyPort gives a port its new limits, which count for new connections.
func (s *server) applyPort(p port, e endpoint, next *options, f files, tell tellChange) {
	runs, since, is := s.options.portOptions(p.endpoint), s.applied.portOptions(s.appliedEndpoint(p)), next.portOptions(e)
	authorities := s.authorities[p.endpoint.String()]
	renewed := authorities != nil && is.tlsClientCA != ""
	if renewed {
		authorities.now.Store(f.authorities[is.tlsClientCA])
	}
	err := p.listener.SetLimits(is.engineLimits())
	if err != nil {
		s.log.Error("the limits are those from before", "listener", p.endpoint.String(), "err", err)
	} else {
		s.applyCodec(p, runs, is)
	}
	s.options.warnOfBindTimeout(s.log, p.endpoint, is)
	for _, flag := range portFlags {
		if !flag.fits.are(e) {
			continue
		}
		live := err == nil && (flag.isLimit(since, is) || flag.isLimit(runs, is)) || flag.name == "tls-client-ca" && renewed
		from := runs
		if live {
			from = since
		}
		if was, now := flag.value(&from).String(), flag.value(&is).String(); was != now {
			tell(live, flag.name, was, now, "listener", e.String())
		}
	}
}

// applyCodec has connections to come served by the port's new options. Who has to show a token depends on what needs a restart.
func (s *server) applyCodec(p port, runs, is portOptions) {
	is.proxy, is.tlsClientCA = runs.proxy, runs.tlsClientCA
	p.serving.set(s.codec(p.endpoint, is))
}

// isLimit tells whether what a flag changes is among what the engine, or the codec, is given at run time.
func (p *portFlag) isLimit(was, is portOptions) bool {
	changed := was
	_ = p.value(&changed).Set(p.value(&is).String()) // it comes from there
	return changed.codecOptions != was.codecOptions || !reflect.DeepEqual(was.engineLimits(), changed.engineLimits())
}

// appliedEndpoint is a port as the last reload said it, and as the start did if that left it out.
func (s *server) appliedEndpoint(of port) endpoint {
	if e, there := s.applied.sameEndpoint(of); there {
		return e
	}
	return of.endpoint
}

// sameEndpoint is the endpoint with the same protocol and address, whatever its options. Where several have them, which only those with
// port 0 can, their order tells them apart.
func (o *options) sameEndpoint(as port) (endpoint, bool) {
	nth := 0
	for _, e := range o.listen {
		if e.String() != as.endpoint.String() {
			continue
		}
		if nth == as.nth {
			return e, true
		}
		nth++
	}
	return endpoint{}, false
}

// sameEndpoints compares which ports there are, in any order.
func sameEndpoints(a, b []endpoint) bool {
	names := func(all []endpoint) (names []string) {
		for _, e := range all {
			names = append(names, e.String())
		}
		slices.Sort(names)
		return names
	}
	return slices.Equal(names(a), names(b))
}
