//go:build linux

package engine

import "time"

// Now is when the loop began with what it does at present: the clock of callbacks that need one often, without asking the
// system's each time. On the loop only.
func (l *Loop) Now() time.Time { return l.now }
