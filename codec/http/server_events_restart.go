//go:build linux

package http

import (
	"math/rand/v2"
	"time"
)

// farewell is the last event of a stream when the engine stops; it calls nobody in the client.
func (e *Events) farewell() *Event {
	spread := e.RestartSpread
	switch {
	case spread < 0:
		return nil
	case spread == 0:
		spread = 5 * time.Second
	}
	soonest := spread / 10
	return &Event{Retry: max(e.Retry, 0) + max(soonest+rand.N(spread-soonest+1), time.Millisecond)}
}
