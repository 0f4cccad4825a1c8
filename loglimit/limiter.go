package loglimit

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// kind is what records have in common that are counted together. One without a message stands for all kinds beyond Options.Kinds.
type kind struct {
	level   slog.Level
	message string
}

// count is a kind's window.
type count struct {
	ends    time.Time
	passed  int
	dropped int
	to      slog.Handler // of the record that was dropped first, for the line that tells of it
	timer   *time.Timer  // tells of it at the window's end; nil while nothing has been dropped
}

type limiter struct {
	options Options
	mu      sync.Mutex
	kinds   map[kind]*count
}

// admit tells whether a record may be logged, which to would do.
func (l *limiter) admit(k kind, to slog.Handler) bool {
	if l.options.First < 0 || k.level < l.options.From.Level() {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	k, c := l.find(k, time.Now())
	if c.passed < l.options.First {
		c.passed++
		return true
	}
	c.dropped++
	if c.timer == nil {
		c.to = to
		c.timer = time.AfterFunc(time.Until(c.ends), func() { l.tell(k, c) })
	}
	return false
}

// find returns the window of a kind, or of those that there is no room for.
func (l *limiter) find(k kind, now time.Time) (kind, *count) {
	c := l.kinds[k]
	if c == nil && len(l.kinds) >= l.options.Kinds {
		l.forget(now)
		if len(l.kinds) >= l.options.Kinds {
			k.message = ""
			c = l.kinds[k]
		}
	}
	if c == nil || c.timer == nil && !now.Before(c.ends) {
		c = &count{ends: now.Add(l.options.Window)}
		l.kinds[k] = c
	}
	return k, c
}

// forget makes room: windows that have ended are not needed.
func (l *limiter) forget(now time.Time) {
	for k, c := range l.kinds {
		if c.timer == nil && !now.Before(c.ends) {
			delete(l.kinds, k)
		}
	}
}

// tell logs how many records were dropped in a window, which ends with that.
func (l *limiter) tell(k kind, c *count) {
	l.mu.Lock()
	if l.kinds[k] != c {
		l.mu.Unlock()
		return // flush was here first
	}
	delete(l.kinds, k)
	l.mu.Unlock()
	c.tell(k, l.options.Window)
}

// tell is called when nobody else has the window any more.
func (c *count) tell(k kind, window time.Duration) {
	r := slog.NewRecord(time.Now(), k.level, "log lines left out", 0)
	if k.message != "" {
		r.AddAttrs(slog.String("of", k.message))
	}
	r.AddAttrs(slog.Int("count", c.dropped), slog.Duration("within", window))
	_ = c.to.Handle(context.Background(), r) // as slog does, whose Logger drops the error too
}

func (l *limiter) flush() {
	l.mu.Lock()
	all := l.kinds
	l.kinds = map[kind]*count{}
	l.mu.Unlock()
	for k, c := range all {
		if c.timer != nil {
			c.timer.Stop()
			c.tell(k, l.options.Window)
		}
	}
}
