package hub

import (
	"cmp"
	"iter"
	"slices"
)

// roll is a list in order of entering, made to be read in pages while it changes. Each entry has a number, one more than the
// entry before it ever had. Who has entered keeps the number in order to leave.
//
// The list is in pieces, so that no call moves more than one of them. What leaves lets a gap stand (the zero value of T) until
// half of its piece is gaps, so numbers stay in order and are found by binary search, and a page looks at no more than about
// twice as many places as it has entries.
//
// A cursor is the number of the last entry given. Entries never change places, so one that is there from the first page to
// the last is given exactly once.
type roll[T comparable] struct {
	pieces []piece[T] // none of them empty
	last   uint64     // the newest number
	count  int
}

type piece[T comparable] struct {
	entries []entry[T]
	gaps    int
}

type entry[T comparable] struct {
	number uint64
	value  T
}

const (
	// maxPage is the most entries that a page has.
	maxPage = 1000
	// maxPiece is the most entries of a piece.
	maxPiece = 1024
)

func (r *roll[T]) len() int { return r.count }

// enter appends v, which is not the zero value, and returns its number.
func (r *roll[T]) enter(v T) uint64 {
	end := len(r.pieces) - 1
	if end < 0 || len(r.pieces[end].entries) == maxPiece {
		r.pieces = append(r.pieces, piece[T]{})
		end++
	}
	r.last++
	r.count++
	p := &r.pieces[end]
	p.entries = append(p.entries, entry[T]{r.last, v})
	return r.last
}

// replace puts v into another's place.
func (r *roll[T]) replace(number uint64, v T) {
	p := &r.pieces[r.find(number)]
	p.entries[p.find(number)].value = v
}

// leave removes the entry with the number.
func (r *roll[T]) leave(number uint64) {
	i := r.find(number)
	p := &r.pieces[i]
	p.entries[p.find(number)].value = *new(T)
	p.gaps++
	r.count--
	switch {
	case p.gaps == len(p.entries):
		r.pieces = slices.Delete(r.pieces, i, i+1)
	case p.gaps*2 >= len(p.entries):
		p.compact()
	}
}

func (p *piece[T]) compact() {
	live := len(p.entries) - p.gaps
	kept := p.entries[:0]
	if cap(p.entries) > 4*live {
		kept = make([]entry[T], 0, live) // the piece has shrunk: give memory back
	}
	var none T
	for _, e := range p.entries {
		if e.value != none {
			kept = append(kept, e)
		}
	}
	clear(p.entries[len(kept):])
	p.entries, p.gaps = kept, 0
}

// find returns the piece that has a number, or the first one behind it.
func (r *roll[T]) find(number uint64) int {
	i, _ := slices.BinarySearchFunc(r.pieces, number, func(p piece[T], n uint64) int {
		return cmp.Compare(p.entries[len(p.entries)-1].number, n)
	})
	return i
}

// find returns the place of a number, or where it would be.
func (p *piece[T]) find(number uint64) int {
	first := p.entries[0].number
	if number <= first {
		return 0
	}
	// Numbers grow by at least one a place, so this is the place if nothing was compacted, and never before it.
	guess := number - first
	if guess < uint64(len(p.entries)) && p.entries[guess].number == number {
		return int(guess)
	}
	end := min(guess+1, uint64(len(p.entries)))
	i, _ := slices.BinarySearchFunc(p.entries[:end], number, func(e entry[T], n uint64) int { return cmp.Compare(e.number, n) })
	return i
}

// page calls give for up to limit entries behind the cursor after and returns the next cursor, 0 at the end.
func (r *roll[T]) page(after uint64, limit int, give func(T)) (next uint64) {
	if limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	var none T
	i := r.find(after + 1)
	for ; i < len(r.pieces); i++ {
		p := &r.pieces[i]
		for _, e := range p.entries[p.find(after+1):] {
			if e.value == none {
				continue
			}
			if limit == 0 {
				return next
			}
			give(e.value)
			next = e.number
			limit--
		}
	}
	return 0
}

// from visits the entries behind the cursor after, with their numbers. The roll must not change meanwhile.
func (r *roll[T]) from(after uint64) iter.Seq2[uint64, T] {
	var none T
	return func(yield func(uint64, T) bool) {
		for i := r.find(after + 1); i < len(r.pieces); i++ {
			p := &r.pieces[i]
			for _, e := range p.entries[p.find(after+1):] {
				if e.value != none && !yield(e.number, e.value) {
					return
				}
			}
		}
	}
}

// all visits the entries in order. The roll must not change meanwhile.
func (r *roll[T]) all() iter.Seq[T] {
	var none T
	return func(yield func(T) bool) {
		for i := range r.pieces {
			for _, e := range r.pieces[i].entries {
				if e.value != none && !yield(e.value) {
					return
				}
			}
		}
	}
}
