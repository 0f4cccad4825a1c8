//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"net/url"
	"sync/atomic"
	"time"

	"fanloop/codec/http"
	"fanloop/codec/websocket"
	"fanloop/engine"
	"fanloop/hub"
)

// events serves the pages that listen by Server-Sent Events: they cannot say anything, so uid and groups stand in the query.
func (s *server) events(cors []string, bindTimeout time.Duration) (e *http.Events) {
	defer func() { s.gates.add(e) }()
	if s.door != nil {
		return s.door.GuardEvents(s.knownEvents(cors))
	}
	return &http.Events{
		BindTimeout:   bindTimeout,
		Origins:       s.origins(),
		CORS:          http.CORS{Origins: s.readers(cors)},
		Goodbye:       goodbye,
		OnRequest:     s.onEventsRequest,
		OnConnect:     s.onEvents,
		RestartSpread: s.options.leaving.restartSpread(),
		OnClose: func(c *http.EventStream, err error) {
			s.log.Debug("closed", c.Log(), "err", err)
		},
	}
}

// eventListeners serve the pages that come now; a reload replaces them.
type eventListeners struct{ now atomic.Pointer[http.Events] }

// ServeUpgrade is called with each request.
func (l *eventListeners) ServeUpgrade(x *http.Exchange) { l.now.Load().ServeUpgrade(x) }

// applyEvents has event streams that begin now served by the options.
func (s *server) applyEvents(o *options) { s.listeners.now.Store(s.events(o.cors, o.port.bindTimeout)) }

// goodbye tells a page with which code and reason it is closed, as a Close frame does: from 4000 on, and with 1008, it should not
// come back.
func goodbye(code int, reason string) *http.Event {
	data, _ := json.Marshal(struct {
		Code   int    `json:"code"`
		Reason string `json:"reason"`
	}{code, reason}) // it can be expressed
	return &http.Event{Type: "goodbye", Data: data}
}

// A subscription is what /events?uid=u&group=g&group=h asks for.
type subscription struct {
	uid    string
	groups []string
}

var (
	errOneUID   = errors.New("uid: want one, that is not empty")
	errGroup    = errors.New("group: want names that are not empty")
	errNoGroups = errors.New("group: pages may not join groups here")
	errQuery    = errors.New("the query cannot be read")
)

// parseSubscription reads a query; maxName is the hub's limit on names, in bytes.
func parseSubscription(query string, mayJoin bool, maxName int) (subscription, error) {
	q, err := url.ParseQuery(query)
	if err != nil {
		return subscription{}, errQuery
	}
	uid, groups := q["uid"], q["group"]
	if len(uid) != 1 || !isName(uid[0], maxName) {
		return subscription{}, errOneUID
	}
	for _, g := range groups {
		if !isName(g, maxName) {
			return subscription{}, errGroup
		}
	}
	if len(groups) > 0 && !mayJoin {
		return subscription{}, errNoGroups
	}
	return subscription{uid[0], groups}, nil
}

func isName(name string, maxName int) bool { return name != "" && len(name) <= maxName }

// onEventsRequest refuses what cannot be served, while there is a status to say so: a browser does not come back then.
func (s *server) onEventsRequest(x *http.Exchange) {
	_, err := parseSubscription(string(x.Head().Query()), s.clientGroups.Load(), s.options.limits.name)
	switch {
	case err == errNoGroups:
		say(x, 403, err.Error()+"\n")
	case err != nil:
		say(x, 400, err.Error()+"\n")
	}
}

func (s *server) onEvents(c *http.EventStream, x *http.Exchange) {
	sub, _ := parseSubscription(string(x.Head().Query()), s.clientGroups.Load(), s.options.limits.name) // it has been read before
	c.SetValue(bound(sub.uid))
	ref, last := c.Ref(), x.LastEventID()
	s.hub.Do(c.Loop(), func(x *hub.Home) {
		if err := x.Bind(ref, sub.uid); err != nil {
			s.refuse(ref, sub.uid, err)
			return
		}
		s.log.Debug("bound", ref.Log(), "uid", sub.uid, "last", last)
		for _, group := range sub.groups {
			s.join(x, ref, group)
		}
	})
}

// join puts a page into a group that it has asked for, and closes one that passes a limit: it would wait in vain. Home's own.
func (s *server) join(x *hub.Home, ref engine.Ref, group string) {
	err := x.Join(ref, group)
	if err == nil {
		s.log.Debug("joined", ref.Log(), "group", group)
		return
	}
	s.log.Info("join refused", ref.Log(), "group", brief(group), "err", err)
	if err == hub.ErrTooManyGroups || err == hub.ErrNameTooLong {
		_ = ref.Kick(websocket.StatusPolicyViolation, err.Error()) // fails when its loop has stopped
	}
}
