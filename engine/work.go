//go:build linux

package engine

import (
	"sync/atomic"
	"time"
)

// workClock adds up how long a loop has been serving events. The loop writes one word, and whoever asks reads it whole, so that the
// event being served counts too: a loop that is stuck in a callback shows as busy.
//
// The word is twice the time worked in nanoseconds. While an event is served it is odd, and the time at which that began, in
// nanoseconds since the loop was made, has been taken off.
type workClock struct {
	word   atomic.Int64
	worked time.Duration // the loop's own, as is began
	began  time.Duration
}

func (w *workClock) begin(at time.Duration) {
	w.began = at
	w.word.Store(int64(w.worked-at)<<1 | 1)
}

func (w *workClock) end(at time.Duration) {
	w.worked += at - w.began
	w.word.Store(int64(w.worked) << 1)
}

// sum is the time worked until now, which is asked after the word has been read.
func (w *workClock) sum(now func() time.Duration) time.Duration {
	word := w.word.Load()
	worked := time.Duration(word >> 1)
	if word&1 != 0 {
		worked += now()
	}
	return worked
}

// age is how long ago the loop was made.
func (l *Loop) age() time.Duration { return time.Since(l.started) }
