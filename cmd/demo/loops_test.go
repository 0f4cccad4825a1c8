//go:build linux

package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"fanloop/hub"
	"fanloop/internal/peers"
)

// crowd is some users' pages on a server, and what each must have got.
type crowd struct {
	*demo
	rng     *rand.Rand
	backend *peers.Backend
	pages   []*crowdPage
	groups  map[string]map[string]bool // uids
	pushed  int
}

type crowdPage struct {
	*peers.Page
	uid  string
	want []string
}

// However many loops there are: who is in a group, what one back end's pushes say of how many took them, and the order in which
// they come are the same. Groups and uids of so many pages as in the last rows go through the loops' logs.
func TestLoopsMakeNoDifference(t *testing.T) {
	for _, row := range []struct{ loops, pages, uids, acts int }{{1, 12, 5, 400}, {2, 12, 5, 400}, {4, 12, 5, 400}, {1, 200, 3, 60}, {2, 300, 2, 60}} {
		t.Run(fmt.Sprintf("%d loops, %d pages", row.loops, row.pages), func(t *testing.T) {
			loops := row.loops
			c := &crowd{demo: start(t, "-loops", fmt.Sprint(loops)), rng: rand.New(rand.NewPCG(uint64(loops), 1)), groups: map[string]map[string]bool{"g": {}, "h": {}}}
			for i := range row.pages {
				uid := fmt.Sprint("u", i%row.uids)
				c.pages = append(c.pages, &crowdPage{Page: c.page(uid), uid: uid})
			}
			c.backend = peers.Connect(t, c.text)
			for range row.acts {
				c.act()
			}
			for i, p := range c.pages {
				for n, want := range p.want {
					if got := p.Next(); got != want {
						t.Fatalf("page %d: message %d is %q, want %q", i, n, got, want)
					}
				}
				p.Settle() // and there is no more
			}
			on := 0
			for _, l := range c.server.engine.Loops() {
				if l.Stats().Connections > 0 {
					on++
				}
			}
			if on != loops {
				t.Errorf("%d of the loops have connections", on)
			}
		})
	}
}

func (c *crowd) act() {
	uid, group := c.pages[c.rng.IntN(len(c.pages))].uid, []string{"g", "h"}[c.rng.IntN(2)]
	switch c.rng.IntN(6) {
	case 0:
		c.do(fmt.Sprintf(`{"$cmd":"join","uid":%q,"group":%q}`, uid, group))
		c.groups[group][uid] = true
	case 1:
		c.do(fmt.Sprintf(`{"$cmd":"leave","uid":%q,"group":%q}`, uid, group))
		delete(c.groups[group], uid)
	case 2:
		c.push(fmt.Sprintf(`"uid":%q`, uid), func(u string) bool { return u == uid })
	case 3, 4:
		c.push(fmt.Sprintf(`"group":%q`, group), func(u string) bool { return c.groups[group][u] })
	default:
		c.push(`"all":true`, func(string) bool { return true })
	}
}

func (c *crowd) do(command string) {
	c.t.Helper()
	if answer := c.backend.Ask(command); !strings.HasPrefix(answer, "ok") {
		c.t.Fatalf("%s: %s", command, answer)
	}
}

func (c *crowd) push(to string, gets func(uid string) bool) {
	c.t.Helper()
	c.pushed++
	text, want := fmt.Sprint("message ", c.pushed), 0
	for _, p := range c.pages {
		if gets(p.uid) {
			p.want = append(p.want, text)
			want++
		}
	}
	taken, refused := 0, 0
	answer := c.backend.Ask(fmt.Sprintf(`{"$cmd":"push",%s,"text":%q}`, to, text))
	if _, err := fmt.Sscanf(answer[strings.Index(answer, `"taken"`)-1:], `{"taken":%d,"refused":%d}`, &taken, &refused); err != nil && want > 0 {
		c.t.Fatalf("%s: %v", answer, err)
	}
	if taken != want || refused != 0 || strings.HasPrefix(answer, "ok") != (want > 0) {
		c.t.Fatalf("to %s: %s, want %d; groups %v", to, answer, want, slices.Collect(maps.Keys(c.groups)))
	}
}

// A posted task that pushes more than the loops can send is told so, and a goroutine waits for them.
func TestTaskThatPushesTooMuch(t *testing.T) {
	const pages, size = 12, 900 << 10
	for _, loops := range []string{"1", "2"} {
		d := start(t, "-loops", loops)
		var all []*peers.Page
		for i := range pages {
			all = append(all, d.page(fmt.Sprint("u", i)))
		}
		h, m := d.server.hub, hub.Text([]byte(strings.Repeat("x", size)))
		taken, busy := make([]int, pages), 0
		verdicts := make(chan struct{}, pages)
		home := d.server.engine.Home()
		if err := home.Post(func() {
			for i := range pages {
				h.Do(home, func(x *hub.Home) {
					x.Push(hub.UID(fmt.Sprint("u", i)), m, func(v hub.Verdict) {
						taken[i] = v.Taken
						if v.Err == hub.ErrBusy {
							busy++
						}
						verdicts <- struct{}{}
					})
				})
			}
		}); err != nil {
			t.Fatal(err)
		}
		for range pages {
			select {
			case <-verdicts:
			case <-time.After(peers.Bound):
				t.Fatal("a verdict never came")
			}
		}
		if busy == 0 || busy > pages-4 || h.Stats().Busy != uint64(busy) {
			t.Errorf("%s loops: %d of %d were told that the loops are behind", loops, busy, pages)
		}
		for i, p := range all {
			if taken[i] == 0 { // it can be tried again
				err := h.Wait(t.Context(), func(x *hub.Home) { x.Push(hub.UID(fmt.Sprint("u", i)), m, nil) })
				if err != nil {
					t.Error(err)
				}
			}
			if got := p.Next(); len(got) != size {
				t.Errorf("page %d got %d bytes", i, len(got))
			}
		}
	}
}
