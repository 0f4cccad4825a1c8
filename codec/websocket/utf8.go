package websocket

import "unicode/utf8"

// textChecker checks UTF-8 that comes in pieces. It fails at the first byte after which nothing can make the text valid,
// wherever the pieces are cut. The zero value is ready, and ready again after each whole text.
type textChecker struct {
	partial [utf8.UTFMax]byte // a character that was cut: so far the beginning of a valid one
	size    uint8             // how much of it is there
}

// check takes the next piece and says whether the text can still be valid. Whole characters are left to utf8.Valid,
// which skips ASCII by words; only what a cut has torn is looked at byte by byte.
func (c *textChecker) check(p []byte) bool {
	for c.size > 0 && len(p) > 0 {
		if !c.complete(p[0]) {
			return false
		}
		p = p[1:]
	}
	whole := wholeRunes(p)
	if !utf8.Valid(p[:whole]) {
		return false
	}
	if whole < len(p) {
		c.size = uint8(copy(c.partial[:], p[whole:]))
	}
	return true
}

// complete adds b to the character that was cut. utf8.FullRune counts a sequence that has gone wrong as full.
func (c *textChecker) complete(b byte) bool {
	c.partial[c.size] = b
	c.size++
	sequence := c.partial[:c.size]
	if !utf8.FullRune(sequence) {
		return true
	}
	c.size = 0
	return utf8.Valid(sequence)
}

// done says whether the text may end here: not in the middle of a character.
func (c *textChecker) done() bool { return c.size == 0 }

// wholeRunes returns how much of p comes before a character that p ends in the middle of.
func wholeRunes(p []byte) int {
	for i := len(p) - 1; i >= max(0, len(p)-utf8.UTFMax+1); i-- {
		if !utf8.RuneStart(p[i]) {
			continue
		}
		if utf8.FullRune(p[i:]) {
			break
		}
		return i
	}
	return len(p)
}
