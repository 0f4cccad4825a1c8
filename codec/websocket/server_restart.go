//go:build linux

package websocket

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// farewell is what a client is told when the engine stops.
func (s *Server) farewell() (code int, reason string) {
	if s.RestartSpread <= 0 {
		return StatusGoingAway, "server stops"
	}
	return StatusServiceRestart, retryHint(s.RestartSpread)
}

// retryHint tells one client when to come back.
func retryHint(spread time.Duration) string {
	soonest := spread / 10
	wait := soonest + rand.N(spread-soonest+1)
	return `{"retry_ms":` + strconv.FormatInt(wait.Milliseconds(), 10) + `}`
}
