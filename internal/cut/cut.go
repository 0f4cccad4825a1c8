// Package cut feeds decoders their input in pieces, for tests: a stream means the same however the network cuts it.
package cut

import (
	"fmt"
	"testing"
)

// Every calls run with input whole, cut in two at every byte, and one byte at a time.
// Each piece is a copy of its own, so a decoder may change what it is given, and one that keeps an alias is found out.
func Every(t *testing.T, input []byte, run func(t *testing.T, pieces [][]byte)) {
	t.Helper()
	each := func(name string, pieces ...[]byte) {
		t.Run(name, func(t *testing.T) { run(t, copies(pieces)) })
	}
	each("whole", input)
	for i := 1; i < len(input); i++ {
		each(fmt.Sprintf("cut at %d", i), input[:i], input[i:])
	}
	each("byte by byte", bytewise(input)...)
}

// At cuts input at the given widths, again and again until it is used up; a width of 0 counts as 1. Fuzz targets take the
// widths from their input too.
func At(input, widths []byte) [][]byte {
	if len(widths) == 0 {
		return copies([][]byte{input})
	}
	var pieces [][]byte
	for i := 0; len(input) > 0; i++ {
		n := min(max(int(widths[i%len(widths)]), 1), len(input))
		pieces = append(pieces, input[:n])
		input = input[n:]
	}
	return copies(pieces)
}

func bytewise(input []byte) [][]byte {
	pieces := make([][]byte, len(input))
	for i := range input {
		pieces[i] = input[i : i+1]
	}
	return pieces
}

func copies(pieces [][]byte) [][]byte {
	out := make([][]byte, len(pieces))
	for i, p := range pieces {
		out[i] = append([]byte(nil), p...)
	}
	return out
}
