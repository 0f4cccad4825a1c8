package hub

import (
	"iter"
	"slices"
)

// roll is a list in order of entering, made to be read in pages while it changes. Each entry has a number, one more than the
// entry before it ever had. What leaves lets a gap stand (the zero value of T) until half of the list is gaps, so numbers
// stay in order and are found by binary search; who has entered keeps the number in order to leave.
//
// A cursor is the number of the last entry given. Entries never change places, so one that is there from the first page to
// the last is given exactly once.
type roll[T comparable] struct {
	entries []entry[T]
	last    uint64 // the newest number
	gaps    int
}

type entry[T comparable] struct {
	number uint64
	value  T
}

const (
	// maxPage is the most entries that a page has.
	maxPage = 1000
	// maxLook is how many places of a roll, gaps with them, are looked at for one page, so that a page's cost has a bound.
	maxLook = 10 * maxPage
)

func (r *roll[T]) len() int { return len(r.entries) - r.gaps }

// enter appends v, which is not the zero value, and returns its number.
func (r *roll[T]) enter(v T) uint64 {
	r.last++
	r.entries = append(r.entries, entry[T]{r.last, v})
	return r.last
}

// replace puts v into another's place.
func (r *roll[T]) replace(number uint64, v T) {
	r.entries[r.find(number)].value = v
}

// leave removes the entry with the number.
func (r *roll[T]) leave(number uint64) {
	var none T
	r.replace(number, none)
	r.gaps++
	if r.gaps*2 >= len(r.entries) {
		r.compact()
	}
}

func (r *roll[T]) compact() {
	live := r.len()
	kept := r.entries[:0]
	if cap(r.entries) > 4*live {
		kept = make([]entry[T], 0, live) // the list has shrunk: give memory back
	}
	var none T
	for _, e := range r.entries {
		if e.value != none {
			kept = append(kept, e)
		}
	}
	clear(r.entries[len(kept):])
	r.entries, r.gaps = kept, 0
}

// find returns the place of a number, or where it would be.
func (r *roll[T]) find(number uint64) int {
	if len(r.entries) == 0 || number < r.entries[0].number {
		return 0
	}
	// Numbers grow by at least one a place, so this is the place if nothing was compacted, and never before it.
	guess := number - r.entries[0].number
	if guess < uint64(len(r.entries)) && r.entries[guess].number == number {
		return int(guess)
	}
	end := min(guess+1, uint64(len(r.entries)))
	i, _ := slices.BinarySearchFunc(r.entries[:end], number, func(e entry[T], n uint64) int {
		if e.number < n {
			return -1
		}
		return int(min(e.number-n, 1))
	})
	return i
}

// page calls give for up to limit entries behind the cursor after and returns the next cursor, 0 at the end.
func (r *roll[T]) page(after uint64, limit int, give func(T)) (next uint64) {
	if limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	var none T
	place := r.find(after + 1)
	end := min(place+maxLook, len(r.entries))
	for ; place < end && limit > 0; place++ {
		if v := r.entries[place].value; v != none {
			give(v)
			limit--
		}
	}
	if place == len(r.entries) {
		return 0
	}
	return r.entries[place-1].number
}

// all visits the entries in order. The roll must not change meanwhile.
func (r *roll[T]) all() iter.Seq[T] {
	var none T
	return func(yield func(T) bool) {
		for _, e := range r.entries {
			if e.value != none && !yield(e.value) {
				return
			}
		}
	}
}
