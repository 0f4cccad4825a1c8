//go:build linux

package main

import (
	"fmt"
	"sync"
)

// An account is what one page has got, held against what it should.
type account struct {
	who string

	mu      sync.Mutex
	lines   map[string]*line // by the target's name
	numbers []int64          // by publisher: of the last message here
	count   []int64          // by publisher: how many came
	left    bool             // it is leaving: that its connection ends is no loss
}

// A line is what comes to a page by one target. All are by publisher.
type line struct {
	target *target
	before []int64 // what had been answered before the page was there: that does not come
	owed   []int64 // what had been pushed before the page was known to be there: all behind that comes
	first  []int64
	last   []int64
}

func newAccount(who string, targets ...*target) *account {
	a := &account{who: who, lines: map[string]*line{}, numbers: make([]int64, len(ways)), count: make([]int64, len(ways))}
	for _, t := range targets {
		a.expect(t)
	}
	return a
}

// expect says that the page is about to be one of the target's.
func (a *account) expect(t *target) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lines[t.name] = &line{target: t, before: numbers(t.taken), first: make([]int64, len(ways)), last: make([]int64, len(ways))}
}

// leaving tells whether it is.
func (a *account) leaving() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.left
}

// leave says that it is about to.
func (a *account) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.left = true
}

// settled says that it is.
func (a *account) settled() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range a.lines {
		if l.owed == nil {
			l.owed = numbers(l.target.sent)
		}
	}
}

// take judges a message.
func (a *account) take(m []byte) error {
	at, ok := readStamp(m)
	if !ok {
		return fmt.Errorf("%s got what nobody pushed: %.200q", a.who, m)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	l, p := a.lines[at.target], at.publisher
	switch {
	case l == nil:
		return fmt.Errorf("%s got what is for %s", a.who, at.target)
	case at.number <= a.numbers[p]:
		return fmt.Errorf("%s got message %d of publisher %d behind message %d: order is lost", a.who, at.number, p, a.numbers[p])
	case l.last[p] == 0 && at.sequence <= l.before[p]:
		return fmt.Errorf("%s got %d for %s of publisher %d, which had been answered before it was there", a.who, at.sequence, at.target, p)
	case l.last[p] == 0:
		l.first[p] = at.sequence
	case at.sequence != l.last[p]+1:
		return fmt.Errorf("%s got %d for %s of publisher %d behind %d", a.who, at.sequence, at.target, p, l.last[p])
	}
	a.numbers[p], l.last[p] = at.number, at.sequence
	a.count[p]++
	return nil
}

// due is what had been answered for the page up to now.
func (a *account) due() map[string][]int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	due := map[string][]int64{}
	for name, l := range a.lines {
		due[name] = numbers(l.target.taken)
	}
	return due
}

// whole tells what of the due has not come.
func (a *account) whole(due map[string][]int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, l := range a.lines {
		for p, n := range due[name] {
			switch {
			case l.owed == nil: // it was not known to be there
			case l.last[p] < n && n > l.owed[p]:
				return fmt.Errorf("%s got %s of publisher %d up to %d, and %d was answered ok: lost", a.who, name, p, l.last[p], n)
			case l.last[p] > 0 && l.first[p] > l.owed[p]+1:
				return fmt.Errorf("%s got %s of publisher %d from %d on, and was there at %d: lost", a.who, name, p, l.first[p], l.owed[p]+1)
			}
		}
	}
	return nil
}

// exact holds a page that has said goodbye against the answers for its uid, of which none are owed: what was taken came, and nothing else.
func (a *account) exact(t *target) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lines[t.name]
	for p, n := range numbers(t.taken) {
		if l.last[p] != n {
			return fmt.Errorf("%s got up to %d of publisher %d, and up to %d was answered ok", a.who, l.last[p], p, n)
		}
	}
	return nil
}
