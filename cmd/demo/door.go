//go:build linux

package main

import (
	"net/url"
	"slices"
	"sync"

	"fanloop/codec/http"
	"fanloop/codec/text"
	"fanloop/codec/websocket"
	"fanloop/hubapi"
	"fanloop/identity"
)

// newDoor puts a door in front of the pages, when they have to show who they are, and makes what back ends have to show.
func (s *server) newDoor(f files) {
	s.auth = text.NewAuth(s.options.token)
	o := &s.options.identity
	d := &identity.Door{Hub: s.hub, Sources: identity.Sources{Cookie: o.cookie}}
	switch {
	case f.jwtKeys != nil:
		s.jwtKeys = f.jwtKeys
		d.Tokens = &identity.Verifier{
			Keys: f.jwtKeys, Audience: o.audience, Issuer: o.issuer, UIDClaim: o.uidClaim, GroupsClaim: o.groups, Leeway: o.leeway,
		}
	case o.authURL != "":
		d.Backend = &identity.Backend{URL: o.authURL, Timeout: o.authTime, CacheTime: o.authCache, Logger: s.log}
	default:
		return
	}
	s.door = d
}

// closeDoor ends the requests to the back end.
func (s *server) closeDoor() {
	if s.door != nil && s.door.Backend != nil {
		s.door.Backend.Close()
	}
}

// applyJWTKeys: new tokens are checked against the new keys.
func (s *server) applyJWTKeys(f files) {
	if s.jwtKeys != nil && f.jwtKeys != nil {
		s.jwtKeys.Take(f.jwtKeys)
	}
}

// origins are the pages that may connect. As long as what a page says is believed anyway, pages that were opened as a file may too.
func (s *server) origins() http.Origins {
	switch o := s.options.identity.origins; {
	case len(o) > 0:
		return o
	case s.door != nil:
		return http.Origins{"same-host"}
	}
	return http.Origins{"same-host", "null"}
}

// gates are all that pages connect to: a reload makes new ones, and what the old ones have counted stays counted.
type gates struct {
	mu  sync.Mutex
	all []interface{ OriginsRefused() uint64 }
}

func (g *gates) add(one interface{ OriginsRefused() uint64 }) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all = append(g.all, one)
}

// originsRefused is how many pages of other sites have been refused. Any goroutine may ask.
func (g *gates) originsRefused() (n uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, one := range g.all {
		n += one.OriginsRefused()
	}
	return n
}

// doorStats are zero without a door.
func (s *server) doorStats() (none identity.DoorStats) {
	if s.door == nil {
		return none
	}
	return s.door.Stats()
}

// readers are the origins of pages that may read event streams: those of -cors, and those that may connect.
func (s *server) readers(cors []string) []string {
	all := slices.Clone(cors)
	for _, o := range s.options.identity.origins {
		if o != "same-host" {
			all = append(all, o)
		}
	}
	return all
}

// warnOfMissingToken says what a reload that takes the token away opens.
func (s *server) warnOfMissingToken(token string) {
	for _, p := range s.ports {
		s.options.warnOfBackEnds(s.log, p.endpoint, token)
	}
}

// knownEvents are event streams of pages whose identity is known: a query names neither uid nor groups.
func (s *server) knownEvents(cors []string) *http.Events {
	return &http.Events{
		Origins:       s.origins(),
		CORS:          http.CORS{Origins: s.readers(cors), Credentials: true},
		Goodbye:       goodbye,
		RestartSpread: s.options.leaving.restartSpread(),
		OnRequest:     onKnownRequest,
		OnClose: func(c *http.EventStream, err error) {
			s.log.Debug("closed", c.Log(), "err", err)
		},
	}
}

// onKnownRequest refuses those who would choose for themselves.
func onKnownRequest(x *http.Exchange) {
	q, err := url.ParseQuery(string(x.Head().Query()))
	switch {
	case err != nil:
		say(x, 400, errQuery.Error()+"\n")
	case len(q["group"]) > 0:
		say(x, 403, errNoGroups.Error()+"\n")
	}
}

// onKnownMessage is called with what a page says after it is known. It does not choose its groups.
func (s *server) onKnownMessage(c *websocket.Conn, m websocket.Message) {
	s.messagesIn.add(c.Loop())
	if wish, err := hubapi.ParseWish(m.Data); err == nil {
		s.log.Debug("wish refused", c.Log(), "group", brief(wish.Group))
	}
}
