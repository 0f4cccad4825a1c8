//go:build linux

package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// pushed is the next message of a publisher for a target.
func pushed(t *target, publisher int, number int64) []byte {
	return t.message(stamp{publisher, number, t.sent[publisher].Add(1), t.name}, 100)
}

// What an account finds wrong, each with the messages that show it.
func TestAccountFinds(t *testing.T) {
	for _, test := range []struct {
		name, want string
		play       func(a *account, u, all *target) error
	}{
		{"nothing", "", func(a *account, u, all *target) error {
			_ = a.take(pushed(u, 0, 1))
			_ = a.take(pushed(u, 1, 1))
			_ = a.take(pushed(all, 0, 2))
			return a.take(pushed(u, 0, 3))
		}},
		{"a gap", "behind 1", func(a *account, u, _ *target) error {
			_ = a.take(pushed(u, 0, 1))
			pushed(u, 0, 2)
			return a.take(pushed(u, 0, 3))
		}},
		{"one that comes twice", "order is lost", func(a *account, u, _ *target) error {
			m := pushed(u, 0, 1)
			_ = a.take(m)
			return a.take(m)
		}},
		{"order across targets", "order is lost", func(a *account, u, all *target) error {
			first, second := pushed(u, 0, 1), pushed(all, 0, 2)
			_ = a.take(second)
			return a.take(first)
		}},
		{"another's", "is for uid v", func(a *account, _, _ *target) error {
			return a.take(pushed(newTarget("uid", "v", 1, 1), 0, 1))
		}},
		{"a changed byte", "nobody pushed", func(a *account, u, _ *target) error {
			m := pushed(u, 0, 1)
			m[len(m)-5] ^= 1
			return a.take(m)
		}},
		{"a lost byte", "nobody pushed", func(a *account, u, _ *target) error {
			m := pushed(u, 0, 1)
			return a.take(append(bytes.Clone(m[:len(m)-5]), m[len(m)-4:]...))
		}},
		{"a lost end", "lost", func(a *account, u, _ *target) error {
			a.settled()
			_ = a.take(pushed(u, 0, 1))
			pushed(u, 0, 2)
			u.taken[0].Store(2)
			return a.whole(a.due())
		}},
		{"nothing at all", "lost", func(a *account, u, _ *target) error {
			a.settled()
			pushed(u, 0, 1)
			u.taken[0].Store(1)
			return a.whole(a.due())
		}},
		{"a lost beginning", "lost", func(a *account, u, _ *target) error {
			a.settled()
			pushed(u, 0, 1)
			_ = a.take(pushed(u, 0, 2))
			u.taken[0].Store(2)
			return a.whole(a.due())
		}},
		{"what was pushed before it came", "", func(a *account, u, _ *target) error {
			pushed(u, 0, 1)
			u.taken[0].Store(1)
			a.settled()
			_ = a.take(pushed(u, 0, 2))
			u.taken[0].Store(2)
			return a.whole(a.due())
		}},
		{"more than was taken", "up to 1 was answered", func(a *account, u, _ *target) error {
			_ = a.take(pushed(u, 0, 1))
			_ = a.take(pushed(u, 0, 2))
			u.taken[0].Store(1)
			return a.exact(u)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			u, all := newTarget("uid", "u", 1, 1), newTarget("all", "", 1, 0)
			err := test.play(newAccount("the page", u, all), u, all)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestJournalFinds(t *testing.T) {
	for lines, want := range map[string]string{
		"time=1 level=INFO msg=x\ntime=2 level=WARN msg=y\n":      "",
		"time=1 level=ERROR msg=\"" + notLoadedLine + "\"\n":      "",
		"time=1 level=ERROR msg=x\n":                              "an error",
		"WARNING: DATA RACE\n":                                    "race",
		"panic: x\n":                                              "a panic",
		"time=1 msg=\"a\ntime=1 level=INFO msg=uid\"\nsomebody\n": "no record",
	} {
		j := &journal{}
		for _, b := range []byte(lines) {
			_, _ = j.Write([]byte{b})
		}
		if err := j.wrong(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", lines, err, want)
		}
	}
}

func TestCompareFinds(t *testing.T) {
	at := vitals{descriptors: 30, goroutines: 10, timers: 3, heap: 4 << 20, rss: 50 << 20}
	for want, after := range map[string]vitals{
		"":            at,
		"descriptors": {descriptors: 40},
		"goroutines":  {goroutines: 30},
		"timers":      {timers: 9},
		"of heap":     {heap: 40 << 20},
		"of resident": {rss: 500 << 20},
	} {
		s := &soak{}
		s.ctx, s.cancel = context.WithCancelCause(t.Context())
		s.compare(at, after)
		if err := context.Cause(s.ctx); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", want, err)
		}
	}
}
