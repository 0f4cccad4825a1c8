//go:build linux

package engine

import (
	"slices"
	"testing"
)

// homely is a server that prefers home.
type homely struct{ handler }

func (homely) PreferHome() bool { return true }

func TestWhereConnectionsLive(t *testing.T) {
	const loops, conns = 3, 6
	loopOf := make(chan int)
	h := handler{open: func(c *Conn) { loopOf <- c.Loop().Index() }}
	spread, home := []int{0, 0, 1, 1, 2, 2}, []int{0, 0, 0, 0, 0, 0}
	for _, tt := range []struct {
		name   string
		server Server
		pin    int // -1: ListenOptions.Loop is not set
		spread bool
		want   []int
	}{
		{"spread", h, -1, false, spread},
		{"pinned", h, 2, false, []int{2, 2, 2, 2, 2, 2}},
		{"the server prefers home", homely{h}, -1, false, home},
		{"spread all the same", homely{h}, -1, true, spread},
		{"pinned all the same", homely{h}, 1, false, []int{1, 1, 1, 1, 1, 1}},
		{"pinned and Spread", homely{h}, 1, true, []int{1, 1, 1, 1, 1, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := testEngine(t, Options{Loops: loops})
			o := ListenOptions{Spread: tt.spread}
			if tt.pin >= 0 {
				o.Loop = e.Loops()[tt.pin]
			}
			ln := listen(t, e, tt.server, o)
			var got []int
			for range conns {
				dial(t, ln)
				got = append(got, await(t, "OnOpen", loopOf))
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("connections on the loops %v, want %v", got, tt.want)
			}
		})
	}
}

// A new connection goes where the fewest are, whatever listener they came from.
func TestSpreadLevelsOut(t *testing.T) {
	loopOf := make(chan int)
	h := handler{open: func(c *Conn) { loopOf <- c.Loop().Index() }}
	e := testEngine(t, Options{Loops: 2})
	pinned := listen(t, e, h, ListenOptions{Loop: e.Home()})
	spread := listen(t, e, h)
	for range 3 {
		dial(t, pinned)
		await(t, "OnOpen", loopOf)
	}
	for range 3 {
		dial(t, spread)
		if got := await(t, "OnOpen", loopOf); got != 1 {
			t.Errorf("loop %d, want 1", got)
		}
	}
	if s := e.Stats(); s.Connections != 6 || s.Accepted != 6 {
		t.Errorf("%d connections, %d accepted; want 6, 6", s.Connections, s.Accepted)
	}
	if s := e.Loops()[1].Stats(); s.Connections != 3 || s.Accepted != 0 {
		t.Errorf("loop 1: %d connections, %d accepted; want 3, and 0 because home accepts", s.Connections, s.Accepted)
	}
}
