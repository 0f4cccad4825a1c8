//go:build linux

package engine

// A sweep goes round an audience until each member has been visited since the newest entry for it came. An entry that comes
// meanwhile makes it go on, so that those behind the sweep get both entries in one write. How far it has come is counted in
// descriptors, members or not, so that who joins or leaves meanwhile changes nobody's place.

const (
	// maxSkips is how many words and empty leaves of a bitmap one look passes at most.
	maxSkips = 64
	// maxSettled is how many entries one look marks as offered at most.
	maxSettled = 64
)

// plan makes the sweep of an entry's audience go all the way round from here.
func (b *broadcastLog) plan(a *audience, position uint64) {
	b.at(position).until = a.walked + int64(a.span())
	if a.pending == 0 {
		a.oldest = position
		b.sweeping = append(b.sweeping, a)
	} else {
		b.at(a.newest).next = position
	}
	a.newest = position
	a.named = position + 1
	a.pending++
}

func (b *broadcastLog) busy() bool { return len(b.sweeping) > 0 || b.untidy }

// sweep returns the next connection to visit. Nil: there may be more all the same, as busy says. Whom it has returned before
// has had its turn.
func (b *broadcastLog) sweep(conns []*Conn) *Conn {
	if len(b.sweeping) == 0 {
		b.tidy()
		return nil
	}
	b.turn %= len(b.sweeping)
	a := b.sweeping[b.turn]
	for range maxSkips {
		if !b.settle(a) {
			return nil
		}
		if fd, found := a.walk(); found {
			return conns[fd]
		}
	}
	return nil
}

// rotate lets the next audience be swept.
func (b *broadcastLog) rotate() { b.turn++ }

// settle marks the entries as offered that the sweep has brought to everybody. false: look no further now.
func (b *broadcastLog) settle(a *audience) bool {
	settled := 0
	for ; a.pending > 0 && settled < maxSettled; settled++ {
		e := b.at(a.oldest)
		if e.until > a.walked && a.size > 0 {
			break
		}
		e.offered = true
		a.oldest = e.next
		a.pending--
	}
	if settled == 0 {
		return true
	}
	b.tidy()
	if a.pending == 0 {
		last := len(b.sweeping) - 1
		b.sweeping[b.turn] = b.sweeping[last]
		b.sweeping[last] = nil
		b.sweeping = b.sweeping[:last]
		a.free()
	}
	return a.pending > 0 && settled < maxSettled
}
