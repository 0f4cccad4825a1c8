//go:build linux

package engine

import (
	"strings"
	"testing"
)

// The last of those who are behind stops reading: what it keeps of the log is no reason to hold publishers back.
func TestTheLastStallsAndNobodyWaits(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 64 << 20})
	k := s.hearing(1)[0]
	k.room = 1 << 20
	for range 6 {
		s.broadcast(strings.Repeat("x", 1<<20))
	}
	s.pump()
	if !k.conn.stalled || s.behind || s.engine.behind.Load() != 0 {
		t.Errorf("stalled %v, behind %v, backlog %d", k.conn.stalled, s.behind, s.everybody.backlog())
	}
	s.checkLoop()
}
