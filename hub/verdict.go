package hub

// A Verdict is what became of a push. All zero means that nobody was there.
type Verdict struct {
	// Taken is how many connections took the message into their outbox. Of what is for everybody, or for a group or uid of very
	// many connections on a loop, so do those whose format cannot express it: nobody is asked there.
	Taken int
	// Refused is how many did not: closing, full, their format cannot express it, or their loop has stopped.
	Refused int
	// Err is why the push was not tried at all: ErrTooLarge, ErrNotUTF8, ErrEmptyUID, ErrEmptyGroup, ErrTooManyTargets or
	// ErrBusy. The counts are 0.
	Err error
}

// tally adds up a push's verdict. It belongs to the caller's loop, where the push's callback is to run.
type tally struct {
	caller *roster
	left   int  // parts that have not reported
	early  bool // the first connection that has taken it settles it
	sum    Verdict
	done   func(Verdict) // nil once it has been called
}

// report brings the verdict of the part on a loop to the caller's loop. On the former.
func (t *tally) report(on *roster, v Verdict) {
	switch {
	case t == nil: // nobody asked
	case on == t.caller:
		t.add(v)
	default:
		_ = t.caller.loop.Post(func() { t.add(v) }) // a loop that has stopped has nobody left to be told
	}
}

func (t *tally) add(v Verdict) {
	t.sum.Taken += v.Taken
	t.sum.Refused += v.Refused
	t.left--
	if done := t.done; done != nil && (t.left == 0 || t.early && t.sum.Taken > 0) {
		t.done = nil
		done(t.sum)
	}
}
