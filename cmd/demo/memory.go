//go:build linux

package main

import (
	"runtime/debug"
	"time"

	"fanloop/engine"
)

// A storm of connects leaves garbage behind, about as much again as the connections need, and while they are quiet nothing
// makes Go collect it and give it back to the system. So the server does, once things have calmed down.
const (
	// calmTime is how long the number of connections has to stay about the same.
	calmTime = time.Second
	// stormSize is by how many connections it must have changed since memory was given back last.
	stormSize = 1000
)

// storm watches the number of connections.
type storm struct {
	last, tidied int64
}

// over tells, asked once each calmTime, whether a storm has just passed.
func (s *storm) over(connections int64) bool {
	calm := distance(connections, s.last) < stormSize/100
	s.last = connections
	if !calm || distance(connections, s.tidied) < stormSize {
		return false
	}
	s.tidied = connections
	return true
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// keepMemoryTidy is called on the home loop. The collection itself is no work for a loop.
func (s *server) keepMemoryTidy(home *engine.Loop) {
	var watch storm
	home.Every(calmTime, func() {
		if watch.over(s.engine.Stats().Connections) {
			go debug.FreeOSMemory()
		}
	})
}
