package http

// relation tells how the requests of a pattern p lie to those of another one, q, in bits.
type relation uint8

const (
	beyond   relation = 1 << iota // p has some that q has not
	within                        // q has some that p has not
	disjoint                      // they have none in common, whatever the other bits say
)

// conflicts tells whether some requests match both patterns and neither is more specific. A host makes a pattern more
// specific, whatever the rest says.
func (p *pattern) conflicts(q *pattern) bool {
	if p.host != q.host {
		return false
	}
	r := p.methodRelation(q) | p.pathRelation(q)
	return r == 0 || r == beyond|within
}

func (p *pattern) methodRelation(q *pattern) relation {
	return relate(p.method == q.method, coversMethod(p.method, q.method), coversMethod(q.method, p.method))
}

// coversMethod tells whether a pattern with the method wide matches requests with the method narrow.
func coversMethod(wide, narrow string) bool {
	return wide == "" || wide == narrow || wide == "GET" && narrow == "HEAD"
}

func (p *pattern) pathRelation(q *pattern) (r relation) {
	shared := min(len(p.segments), len(q.segments))
	for i := range shared {
		a, b := p.segments[i], q.segments[i]
		r |= relate(a == b, a.covers(b), b.covers(a))
	}
	switch {
	case len(p.segments) == len(q.segments):
		return r
	case len(p.segments) == shared && p.last() == restSegment:
		return r | beyond
	case len(q.segments) == shared && q.last() == restSegment:
		return r | within
	}
	return disjoint
}

// covers tells whether s matches whatever o matches.
func (s segment) covers(o segment) bool {
	switch s.kind {
	case restSegment:
		return true
	case wildcardSegment:
		return o.kind == wildcardSegment || o.kind == literalSegment
	}
	return s == o
}

func relate(equal, pCovers, qCovers bool) relation {
	switch {
	case equal:
		return 0
	case pCovers:
		return beyond
	case qCovers:
		return within
	}
	return disjoint
}
