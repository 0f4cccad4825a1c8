//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// publish pushes to the crowd in the i-th way until ctx ends, and judges the answers.
func (s *soak) publish(ctx context.Context, c *crowd, i int, numbered *int64) {
	r := s.rng()
	w, err := s.openWay(s.ctx, i)
	if err != nil {
		s.fail("publisher %d: %w", i, err)
		return
	}
	defer w.close()
	every := time.Second * time.Duration(len(ways)) / time.Duration(s.pushes)
	for {
		n := 1 + r.IntN(16)
		if ways[i].many && r.IntN(20) == 0 {
			n = 200
		}
		if err := s.pushSome(c, w, r, i, n, numbered); err != nil {
			if !s.stopping.Load() {
				s.fail("publisher %d: %w", i, err)
			}
			return
		}
		if !pause(ctx, time.Duration(n)*every*time.Duration(50+r.IntN(100))/100) {
			return
		}
	}
}

// pushSome pushes n messages at once.
func (s *soak) pushSome(c *crowd, w way, r *rand.Rand, i, n int, numbered *int64) error {
	var targets []*target
	var messages [][]byte
	var sequences []int64
	for range n {
		t := c.choose(r)
		*numbered++
		sequences = append(sequences, t.sent[i].Add(1))
		targets = append(targets, t)
		messages = append(messages, t.message(stamp{i, *numbered, sequences[len(sequences)-1], t.name}, size(r, t)))
	}
	answers, err := w.push(messages)
	for k, a := range answers {
		if wrong := s.judge(targets[k], i, sequences[k], a); wrong != nil {
			return wrong
		}
	}
	for _, t := range targets {
		t.flying.Add(-1)
	}
	s.counts.pushes.Add(uint64(len(answers)))
	if err == nil && len(answers) != n {
		return fmt.Errorf("%d pushes have %d answers", n, len(answers))
	}
	return err
}

// size is how long a message is: mostly short, and seldom for many when not.
func size(r *rand.Rand, t *target) int {
	switch n := r.IntN(200); {
	case n < 180:
		return 80 + r.IntN(500)
	case n < 198 || t.most == 0:
		return 80 + r.IntN(8<<10)
	}
	return 80 + r.IntN(150<<10)
}

// judge holds an answer against who is there.
func (s *soak) judge(t *target, i int, sequence int64, a answer) error {
	stopping := s.stopping.Load()
	if a.ok {
		s.counts.taken.Add(1)
	} else {
		s.counts.nobody.Add(1)
	}
	if a.ok && (!stopping || t.most == 1 || a.counted && a.taken == t.least) { // in a stop ok is that some took it, who were not told yet
		t.taken[i].Store(sequence)
	}
	s.credit[i].Add(int64(a.taken))
	switch {
	case stopping:
	case t.least > 0 && !a.ok:
		return fmt.Errorf("a push to %s, where %d are, was answered %.200q", t.name, t.least, a.text)
	case t.least > 0 && a.counted && a.taken < t.least:
		return fmt.Errorf("%s has %d pages, and a push to it %.200q", t.name, t.least, a.text)
	case t.most > 0 && a.counted && a.taken+a.refused > t.most:
		return fmt.Errorf("%s has at most %d pages, and a push to it %.200q", t.name, t.most, a.text)
	}
	return nil
}
