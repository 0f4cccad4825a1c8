//go:build linux

package main

import (
	"sync/atomic"

	"fanloop/engine"
)

// A tally counts on each loop, so that loops do not wait for each other's memory.
type tally []struct {
	n atomic.Uint64
	_ [56]byte // to the end of a cache line
}

// add is called on a loop.
func (t tally) add(l *engine.Loop) { t[l.Index()].n.Add(1) }

// sum may be called from any goroutine.
func (t tally) sum() (n uint64) {
	for i := range t {
		n += t[i].n.Load()
	}
	return n
}
