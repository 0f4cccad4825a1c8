package websocket

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"fanloop/internal/cut"
)

// viable says by trying whether b can become valid UTF-8: whatever a character lacks, one of these ends complete it.
func viable(b []byte) bool {
	for _, end := range []string{"", "\x80", "\xbf", "\x80\x80", "\xbf\x80", "\x80\x80\x80", "\xbf\x80\x80"} {
		if utf8.Valid(append(b[:len(b):len(b)], end...)) {
			return true
		}
	}
	return false
}

// checkPieces holds a textChecker against utf8.Valid and viable after each piece.
func checkPieces(t testing.TB, pieces ...[]byte) {
	t.Helper()
	var c textChecker
	var soFar []byte
	for _, p := range pieces {
		soFar = append(soFar, p...)
		got, want := c.check(p), viable(soFar)
		if got != want {
			t.Fatalf("%x, the last piece %x: %v, want %v", soFar, p, got, want)
		}
		if !got {
			return
		}
	}
	if c.done() != utf8.Valid(soFar) {
		t.Fatalf("%x in %d pieces: done %v", soFar, len(pieces), c.done())
	}
}

// checkAtEveryCut cuts b in all the ways there are.
func checkAtEveryCut(t testing.TB, b []byte) {
	t.Helper()
	for cuts := range 1 << max(0, len(b)-1) {
		var pieces [4][]byte
		n, from := 0, 0
		for i := 1; i < len(b); i++ {
			if cuts>>(i-1)&1 != 0 {
				pieces[n], n, from = b[from:i], n+1, i
			}
		}
		pieces[n] = b[from:]
		checkPieces(t, pieces[:n+1]...)
	}
}

func TestUTF8EveryTwoBytes(t *testing.T) {
	for a := range 256 {
		checkAtEveryCut(t, []byte{byte(a)})
		for b := range 256 {
			checkAtEveryCut(t, []byte{byte(a), byte(b)})
		}
	}
}

// Longer sequences are made of the bytes at which a rule begins or ends, with one neighbour on each side.
func TestUTF8SequencesOfEdges(t *testing.T) {
	edges := []byte{0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff}
	for _, a := range edges {
		for _, b := range edges {
			for _, c := range edges {
				checkAtEveryCut(t, []byte{a, b, c})
				if a < 0xf0 || a > 0xf4 {
					continue
				}
				for _, d := range edges {
					checkAtEveryCut(t, []byte{a, b, c, d})
				}
			}
		}
	}
}

func TestUTF8EveryRune(t *testing.T) {
	for r := range rune(utf8.MaxRune + 1) {
		b := utf8.AppendRune(nil, r)
		for i := range len(b) {
			var c textChecker
			if !c.check(b[:i]) || !c.check(b[i:]) || !c.done() {
				t.Fatalf("%U cut at %d is refused", r, i)
			}
		}
	}
}

// A run long enough for the words of utf8.Valid, with one bad or torn character at every place of it.
func TestUTF8InLongRuns(t *testing.T) {
	for _, filler := range []string{"a", "ü", "使", "🙂"} {
		for _, odd := range []string{"\xff", "\xe4\xbd", "\xed\xa0\x80", "使", "\xf4\x90"} {
			for before := range 40 {
				b := []byte(strings.Repeat(filler, before) + odd + strings.Repeat(filler, 40-before))
				checkPieces(t, b)
				checkPieces(t, b[:before*len(filler)], b[before*len(filler):])
				checkPieces(t, b[:before*len(filler)+1], b[before*len(filler)+1:])
			}
		}
	}
}

// kosme is a Greek word of 11 bytes with characters of two and three.
const kosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"

// utf8Texts are the classes of Kuhn's stress test for decoders, which Autobahn's 6.5 to 6.23 are made of.
// at is the byte after which nothing can mend the text; 0 when the text is valid, -1 when it only ends too early.
var utf8Texts = []struct {
	text string
	at   int
}{
	{"hello$world", 0}, {"hello¢world", 0}, {"hello€world", 0}, {"hello\U00024b62world", 0}, {kosme, 0},
	{"\x00", 0}, {"\u0080", 0}, {"\u0800", 0}, {"\U00010000", 0}, // the first of each length
	{"\x7f", 0}, {"\u07ff", 0}, {"\uffff", 0}, {"\U0010ffff", 0}, // the last
	{"\ud7ff", 0}, {"\ue000", 0}, {"\ufffd", 0}, // beside the surrogates, and the replacement character
	{"\ufffe", 0}, {"\U0001fffe", 0}, {"\U0008ffff", 0}, {"\U000fffff", 0}, {"\U0010fffe", 0}, // non-characters
	{"\ufff9\ufffa\ufffb\ufffc", 0},
	{"\xce", -1}, {"\xce\xba\xe1", -1}, {"\xce\xba\xe1\xbd", -1}, {"\xdf", -1}, {"\xef\xbf", -1}, {"\xf0\x90\x80", -1},
	{"\xf8\x88\x80\x80\x80", 1}, {"\xfc\x84\x80\x80\x80\x80", 1}, // lengths 5 and 6
	{"\xfb\xbf\xbf\xbf\xbf", 1}, {"\xfd\xbf\xbf\xbf\xbf\xbf", 1},
	{"\xf4\x90\x80\x80", 2}, {"\xf5\x80\x80\x80", 1}, {"\xf7\xbf\xbf\xbf", 1}, // over U+10FFFF
	{"\x80", 1}, {"\xbf", 1}, {"\x80\xbf\x80", 1}, {"a\x80", 2}, // continuation bytes of nothing
	{"\xc0 \xc1 ", 1}, {"\xc2 \xc3 ", 2}, {"\xe0 \xe1 ", 2}, {"\xf0 \xf1 ", 2}, {"\xf8 ", 1}, {"\xfc ", 1}, // starts of nothing
	{"\xc3\xc3", 2}, {"\xe1\x80\xe1", 3}, {"\xf1\x80\x80\xc3", 4}, {"\xef\xbf\xf0", 3}, // unfinished, then another
	{"\xfe", 1}, {"\xff", 1}, {"\xfe\xfe\xff\xff", 1},
	{"\xc0\xaf", 1}, {"\xe0\x80\xaf", 2}, {"\xf0\x80\x80\xaf", 2}, {"\xf8\x80\x80\x80\xaf", 1}, // overlong /
	{"\xc1\xbf", 1}, {"\xe0\x9f\xbf", 2}, {"\xf0\x8f\xbf\xbf", 2}, // the longest overlong ones
	{"\xc0\x80", 1}, {"\xe0\x80\x80", 2}, {"\xf0\x80\x80\x80", 2}, // overlong NUL
	{"\xed\xa0\x80", 2}, {"\xed\xad\xbf", 2}, {"\xed\xb0\x80", 2}, {"\xed\xbf\xbf", 2}, // surrogates
	{"\xed\xa0\x80\xed\xb0\x80", 2}, {"\xed\xaf\xbf\xed\xbf\xbf", 2}, // in pairs
	{kosme + "\xed\xa0\x80edited", 13}, {kosme + "\xf4\x90\x80\x80edited", 13}, {kosme + "\xf4", -1},
}

func TestUTF8OfMessages(t *testing.T) {
	for _, row := range utf8Texts {
		stops := strings.Repeat("x", 20)
		name, half := fmt.Sprintf("%q", row.text), len(row.text)/2
		want, err := []seen{textSeen(row.text)}, error(nil)
		if row.at != 0 {
			want, err = nil, ErrInvalidUTF8
		}
		runStreams(t, []stream{
			{name + " whole", text(row.text), want, err},
			{name + " in two", join(first(row.text[:half]), more(""), last(row.text[half:])), want, err},
		})
		for i := range row.text {
			if row.at > 0 {
				failsAfter(t, text(row.text+stops), 6+row.at)
				failsAfter(t, join(first(row.text[:i]), more(""), more(row.text[i:]+stops)), placeOf(row.at, i))
			}
		}
	}
}

// placeOf returns where in the stream a message's byte number at ends when the message is cut after split bytes into two
// fragments with an empty one between, each with a header of 6 bytes.
func placeOf(at, split int) int {
	if at <= split {
		return 6 + at
	}
	return 3*6 + at
}

// failsAfter feeds a stream byte by byte: the error comes with the byte that makes it, and not before.
func failsAfter(t *testing.T, input []byte, at int) {
	t.Helper()
	var d Decoder
	events, taken, err := decodeAll(t, &d, cut.At(input, []byte{1}))
	if err != ErrInvalidUTF8 || taken != at || events != nil {
		t.Fatalf("%x: %v after %d bytes, want it after %d", input, err, taken, at)
	}
}

func FuzzUTF8(f *testing.F) {
	for _, row := range utf8Texts {
		f.Add([]byte(row.text), []byte{1})
		f.Add([]byte("0123456789abcdef使用者"+row.text), []byte{20, 1, 3})
	}
	f.Fuzz(func(t *testing.T, b, widths []byte) {
		b = b[:min(len(b), 1<<10)]
		whole := bytes.Clone(b)
		checkPieces(t, cut.At(b, widths)...)
		checkPieces(t, whole)
	})
}
