//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// A target is whom messages are pushed to: a uid, a group or everybody. Each publisher numbers what it pushes to it.
type target struct {
	name   string // "uid u1", "group g1", "all"
	member string // of the JSON object that names it
	least  int    // how many pages are surely there; 0 when a push may find nobody
	most   int    // how many there can be at most, 0 for any number

	flying atomic.Int64 // pushes that are not answered
	sent   []atomic.Int64
	taken  []atomic.Int64 // the number of the last one that was answered ok
}

func newTarget(kind, name string, least, most int) *target {
	t := &target{
		name: kind + " " + name, member: fmt.Sprintf("%q:%q", kind, name), least: least, most: most,
		sent: make([]atomic.Int64, len(ways)), taken: make([]atomic.Int64, len(ways)),
	}
	if kind == "all" {
		t.name, t.member = "all", `"all":true`
	}
	return t
}

// numbers are those of all publishers at this moment.
func numbers(of []atomic.Int64) []int64 {
	now := make([]int64, len(of))
	for i := range of {
		now[i] = of[i].Load()
	}
	return now
}

// A crowd is everybody who is pushed to.
type crowd struct {
	all    *target
	groups []*target

	mu    sync.Mutex
	users []*target
}

func (c *crowd) add(t *target) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users = append(c.users, t)
}

// remove takes t out: what is being pushed to it still counts in flying.
func (c *crowd) remove(t *target) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.users, t); i >= 0 {
		c.users[i] = c.users[len(c.users)-1]
		c.users = c.users[:len(c.users)-1]
	}
}

// choose takes one to push to, which counts in its flying.
func (c *crowd) choose(r *rand.Rand) *target {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.all
	switch n := r.IntN(1000); {
	case n >= 100 && len(c.users) > 0:
		t = c.users[r.IntN(len(c.users))]
	case n >= 8:
		t = c.groups[r.IntN(len(c.groups))]
	}
	t.flying.Add(1)
	return t
}

// A stamp is what a message says of itself.
type stamp struct {
	publisher int
	number    int64 // among what that publisher pushes
	sequence  int64 // among what it pushes to this target
	target    string
}

// message is a JSON object with a stamp and size bytes or a bit more, which a plain line can be too.
func (t *target) message(at stamp, size int) []byte {
	m := fmt.Appendf(nil, `{"at":"%d %d %d %d %s",%s,"pad":"`, size, at.publisher, at.number, at.sequence, t.name, t.member)
	for len(m) < size-2 {
		m = append(m, "abcdefghijklmnopqrstuvwxyz"[len(m)%26])
	}
	return append(m, `"}`...)
}

// readStamp reads a message. It is not ok when a byte of it is not what it was.
func readStamp(m []byte) (at stamp, ok bool) {
	text, ok := strings.CutPrefix(string(m), `{"at":"`)
	text, rest, found := strings.Cut(text, `",`)
	fields := strings.SplitN(text, " ", 5)
	if !ok || !found || len(fields) != 5 || !strings.HasSuffix(rest, `"}`) {
		return at, false
	}
	var n [4]int64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseInt(fields[i], 10, 64); err != nil {
			return at, false
		}
	}
	pad := strings.Index(rest, `"pad":"`)
	begin := len(m) - len(rest) + pad + len(`"pad":"`)
	if pad < 0 || int64(len(m)) != max(n[0], int64(begin)+2) {
		return at, false
	}
	for i := begin; i < len(m)-2; i++ {
		if m[i] != "abcdefghijklmnopqrstuvwxyz"[i%26] {
			return at, false
		}
	}
	return stamp{publisher: int(n[1]), number: n[2], sequence: n[3], target: fields[4]}, n[1] >= 0 && int(n[1]) < len(ways)
}
