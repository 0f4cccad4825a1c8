//go:build linux

package main

import (
	"sync"

	"fanloop/codec/text"
	"fanloop/codec/websocket"
)

// servers are those of one protocol, whose figures are told as one.
type servers[S any] struct {
	mu  sync.Mutex
	all []S
}

func (s *servers[S]) add(one S) S {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, one)
	return one
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
