package hub

// roster is one loop's side of the hub: who gets a push, of the connections on this loop. Its lists are plain slices that
// only this loop touches; home changes them by tasks that it posts, in the order of its own changes, or directly when the
// loop is home.
type roster struct {
	hub   *Hub
	loop  Loop
	index int

	// Home's own.
	bound int // connections on this loop that have a uid

	// The loop's own.
	mark       uint64
	spare      []*delivery // more than one only while pushes are inside pushes
	delivering int         // how many of them are under way
}

// part is whom a push is for on one loop.
type part struct {
	all     bool // then members and crowds do not matter
	members []*member
	crowds  []*crowd
	except  []*member
}

func (p *part) empty() bool { return !p.all && len(p.members) == 0 && len(p.crowds) == 0 }
