//go:build linux

package main

import (
	"sync"

	"fanloop/codec/http"
	"fanloop/codec/text"
	"fanloop/codec/websocket"
)

// servers are those of one protocol, whose figures are told as one. What has been made once stays, for connections that are served by it
// and for what it has counted: no more than there are options that have ever been asked for.
type servers[S any] struct {
	mu  sync.Mutex
	all map[any]S // by their options
}

// with is the one with these options, which are comparable. It is made when there is none yet.
func (s *servers[S]) with(options any, make func() S) S {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, there := s.all[options]
	if !there {
		one = make()
		s.put(options, one)
	}
	return one
}

func (s *servers[S]) put(options any, one S) {
	if s.all == nil {
		s.all = map[any]S{}
	}
	s.all[options] = one
}

func (s *servers[S]) each(do func(S)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.all {
		do(one)
	}
}

// webSockets are the servers of pages, on ports of their own and of HTTP.
type webSockets struct{ servers[*websocket.Server] }

// Stats may be called from any goroutine.
func (w *webSockets) Stats() (sum websocket.Stats) {
	w.each(func(s *websocket.Server) { sum.Add(s.Stats()) })
	return sum
}

// texts are the servers of back ends.
type texts struct{ servers[*text.Server] }

// Stats may be called from any goroutine.
func (t *texts) Stats() (sum text.Stats) {
	t.each(func(s *text.Server) { sum.Add(s.Stats()) })
	return sum
}

// sites are what HTTP ports serve. All of them have one API.
type sites struct{ servers[*http.Server] }

// Stats may be called from any goroutine.
func (all *sites) Stats() (sum http.Stats) {
	all.each(func(s *http.Server) { sum.Add(s.Stats()) })
	return sum
}
