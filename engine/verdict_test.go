//go:build linux

package engine

import (
	"strings"
	"testing"
)

// audiences makes n of them, each of all these connections.
func (s *stillLoop) audiences(n int, of ...*fakeSocket) (list []Audience) {
	for range n {
		a := s.NewAudience()
		for _, o := range outlets(of) {
			a.Add(o)
		}
		list = append(list, a)
	}
	return list
}

// Who is closed because it refuses has not taken it as well, also when the message is for several audiences.
func TestCountsOfThoseWhoAreClosed(t *testing.T) {
	for n := range 3 {
		s := newStillLoop(t, ListenOptions{MaxOutbox: 1000})
		all := s.hearing(3)
		all[0].room = 0
		s.broadcast("first")
		s.pump()
		big := text(strings.Repeat("x", 2000))
		taken, refused := 0, 0
		if n == 0 {
			taken, refused = s.Broadcast(big, nil)
		} else {
			taken, refused = s.BroadcastTo(s.audiences(n, all...), big, outlets(all[1:2]))
			taken++
		}
		if taken != 2 || refused != 1 {
			t.Errorf("%d audiences: taken %d, refused %d", n, taken, refused)
		}
	}
}

// Who has refused may be closed by what the next one does when it is told that it is full, and is no longer one of those who
// are there.
func TestCountsWhenThoseWhoRefuseAreClosed(t *testing.T) {
	for n := range 3 {
		s := newStillLoop(t, ListenOptions{MaxOutbox: 1000, Slow: DropNewest})
		var all []*fakeSocket
		for i := range 3 {
			k := s.connect(whole{full: func(*Conn) {
				if i == 2 {
					all[0].conn.Abort()
				}
			}})
			k.conn.hear(true)
			k.room = 0
			all = append(all, k)
		}
		s.broadcast("first")
		s.pump()
		big := text(strings.Repeat("x", 2000))
		taken, refused := 0, 0
		if n == 0 {
			taken, refused = s.Broadcast(big, nil)
		} else {
			taken, refused = s.BroadcastTo(s.audiences(n, all...), big, nil)
		}
		if taken != 0 || refused != 3 {
			t.Errorf("%d audiences: taken %d, refused %d", n, taken, refused)
		}
		s.settle()
		s.checkLoop()
	}
}
