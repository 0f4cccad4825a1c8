//go:build linux

package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
)

// An ear is a page of either kind. next and what follows from it belong to one goroutine, leave and cut to any.
type ear interface {
	// next waits for a message, or the end as the protocol has it.
	next() (message []byte, end *ending, err error)
	// leave says goodbye in the protocol: then next brings what is before the server's goodbye, if the protocol has one.
	leave() error
	// polite tells whether it has.
	polite() bool
	// say sends a message to the server, if the protocol can.
	say(text string) error
	// cut resets the connection.
	cut()
	close()
}

// An ending is the server's goodbye; the code is 0 when it said none.
type ending struct{ code int }

var errMute = errors.New("event streams say nothing")

// A kind of page, by how it comes.
type kind struct {
	protocol string
	events   bool
	often    int // of 100
}

var kinds = []kind{{"websocket", false, 35}, {"wss", false, 20}, {"http", false, 10}, {"https", false, 5}, {"http", true, 20}, {"https", true, 10}}

func someKind(r *rand.Rand) kind {
	n := r.IntN(100)
	for _, k := range kinds {
		if n -= k.often; n < 0 {
			return k
		}
	}
	return kinds[0]
}

// open opens a page, which says its uid and asks for the groups.
func (s *soak) open(ctx context.Context, k kind, uid string, groups ...string) (ear, error) {
	d := s.server.doors[k.protocol]
	if k.events {
		return s.openStream(ctx, d, "/events?"+url.Values{"uid": {uid}, "group": groups}.Encode())
	}
	path := "/"
	if k.protocol == "http" || k.protocol == "https" {
		path = "/ws"
	}
	p, err := s.openPage(ctx, d, path, false)
	if err != nil {
		return nil, err
	}
	err = p.say(uid)
	for _, g := range groups {
		err = errors.Join(err, p.say(`{"join":"`+g+`"}`))
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// listen takes a page's messages into its account until it ends. The error is what is wrong with it.
func (s *soak) listen(e ear, a *account) (*ending, error) {
	for {
		m, end, err := e.next()
		if end != nil || err != nil {
			return end, err
		}
		if err := a.take(m); err != nil {
			return nil, &violation{err}
		}
		s.counts.delivered.Add(1)
	}
}

// A violation is an error that is the server's fault, whatever happened to the connection.
type violation struct{ error }

func (v *violation) Unwrap() error { return v.error }
