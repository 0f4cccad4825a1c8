package text

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"fanloop/internal/cut"
)

// decode feeds the pieces to d as a connection does, and returns copies of the lines up to the end or the error.
func decode(t *testing.T, d *Decoder, pieces [][]byte) (lines []string, err error) {
	t.Helper()
	for _, p := range pieces {
		for len(p) > 0 {
			line, n, err := d.Decode(p)
			if err != nil {
				if line != nil || n != 0 {
					t.Fatalf("Decode took %d bytes and returned %q with %v", n, line, err)
				}
				return lines, err
			}
			if n <= 0 || n > len(p) || line == nil && n != len(p) {
				t.Fatalf("Decode took %d of %d bytes and returned %q", n, len(p), line)
			}
			p = p[n:]
			if line != nil {
				lines = append(lines, string(line))
			}
		}
	}
	return lines, nil
}

var decodeTests = []struct {
	name    string
	maxLine int
	in      string
	lines   []string
	rest    string
	err     error
}{
	{name: "one line", in: "hello\n", lines: []string{"hello"}},
	{name: "carriage return", in: "hello\r\n", lines: []string{"hello"}},
	{name: "only one carriage return is dropped", in: "hello\r\r\n", lines: []string{"hello\r"}},
	{name: "carriage return inside", in: "he\rllo\n", lines: []string{"he\rllo"}},
	{name: "many lines", in: "a\nbb\r\nccc\n", lines: []string{"a", "bb", "ccc"}},
	{name: "empty lines", in: "\n\r\n\n", lines: []string{"", "", ""}},
	{name: "any byte", in: "\x00\xff\xfe\t\n", lines: []string{"\x00\xff\xfe\t"}},
	{name: "UTF-8", in: "使用者1\n", lines: []string{"使用者1"}},
	{name: "unfinished", in: "a\nbc", lines: []string{"a"}, rest: "bc"},
	{name: "unfinished carriage return", in: "a\r", rest: "a\r"},
	{name: "longest", maxLine: 4, in: "abcd\nabcd\r\n", lines: []string{"abcd", "abcd"}},
	{name: "longest, not finished", maxLine: 4, in: "abcd\r", rest: "abcd\r"},
	{name: "longest, ending in a carriage return", maxLine: 4, in: "abc\r\r\n", lines: []string{"abc\r"}},
	{name: "too long", maxLine: 4, in: "abcde\n", err: ErrTooLong},
	{name: "too long without an end", maxLine: 4, in: "abcde", err: ErrTooLong},
	{name: "too long by a carriage return", maxLine: 4, in: "abcd\rx", err: ErrTooLong},
	{name: "too long by two carriage returns", maxLine: 4, in: "abcd\r\r\n", err: ErrTooLong},
	{name: "lines before a too long one", maxLine: 4, in: "abcd\nef\nabcdefgh\nij\n", lines: []string{"abcd", "ef"}, err: ErrTooLong},
	{name: "limit of one", maxLine: 1, in: "\na\n\r\nbc\n", lines: []string{"", "a", ""}, err: ErrTooLong},
	{name: "largest limit", maxLine: math.MaxInt, in: "abc\nde", lines: []string{"abc"}, rest: "de"},
	{name: "negative limit is the default", maxLine: -1, in: "abc\n", lines: []string{"abc"}},
}

func TestDecode(t *testing.T) {
	for _, test := range decodeTests {
		t.Run(test.name, func(t *testing.T) {
			cut.Every(t, []byte(test.in), func(t *testing.T, pieces [][]byte) {
				d := Decoder{MaxLine: test.maxLine}
				lines, err := decode(t, &d, pieces)
				if !reflect.DeepEqual(lines, test.lines) || err != test.err {
					t.Errorf("got %q, %v, want %q, %v", lines, err, test.lines, test.err)
				}
				if err == nil && string(d.rest) != test.rest {
					t.Errorf("unfinished: %q, want %q", d.rest, test.rest)
				}
			})
		})
	}
}

func TestDecodeDefaultLimit(t *testing.T) {
	long := bytes.Repeat([]byte{'x'}, DefaultMaxLine+1)
	tests := []struct {
		size int
		err  error
	}{{DefaultMaxLine, nil}, {DefaultMaxLine + 1, ErrTooLong}}
	for _, test := range tests {
		var d Decoder
		if _, _, err := d.Decode(long[:test.size]); err != test.err {
			t.Errorf("%d bytes: %v, want %v", test.size, err, test.err)
		}
	}
}

// The error must come with the first byte too many, not with the line end, which may never come.
func TestDecodeTooLongAtOnce(t *testing.T) {
	d := Decoder{MaxLine: 4}
	for i, c := range []byte("abcd") {
		if _, _, err := d.Decode([]byte{c}); err != nil {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	if _, _, err := d.Decode([]byte("e")); err != ErrTooLong {
		t.Fatalf("fifth byte: %v", err)
	}
	if _, _, err := d.Decode([]byte("e")); err != ErrTooLong {
		t.Fatalf("the same again: %v", err)
	}
}

func TestDecodeAliases(t *testing.T) {
	var d Decoder
	p := []byte("hello\r\nworld\n")
	line, n, err := d.Decode(p)
	if err != nil || unsafe.SliceData(line) != unsafe.SliceData(p) {
		t.Fatalf("a whole line was copied: %q, %v", line, err)
	}
	// Who appends to a line must not overwrite the next one.
	_ = append(line, "XXXXX"...)
	if second, _, _ := d.Decode(p[n:]); string(second) != "world" {
		t.Fatalf("second line: %q", second)
	}
}

// The caller may overwrite a line, also one that was joined in the decoder's memory.
func TestDecodeOverwritten(t *testing.T) {
	var d Decoder
	for i := range 3 {
		want := fmt.Sprintf("line %d", i)
		lines, err := decode(t, &d, [][]byte{[]byte(want[:3])})
		if len(lines) != 0 || err != nil {
			t.Fatalf("%q, %v", lines, err)
		}
		line, _, err := d.Decode([]byte(want[3:] + "\n"))
		if string(line) != want || err != nil {
			t.Fatalf("got %q, %v, want %q", line, err, want)
		}
		copy(line, "xxxxxxxx")
	}
}

// The memory of an unfinished line follows what has arrived, and a long line's memory is given back with the line.
func TestDecodeMemory(t *testing.T) {
	var d Decoder
	piece := bytes.Repeat([]byte{'x'}, 4096)
	for i := range 256 {
		if _, _, err := d.Decode(piece); err != nil {
			t.Fatal(err)
		}
		if arrived := (i + 1) * len(piece); len(d.rest) != arrived || cap(d.rest) > 2*arrived+64 {
			t.Fatalf("%d bytes kept in %d after %d", len(d.rest), cap(d.rest), arrived)
		}
	}
	if line, _, err := d.Decode([]byte("\n")); len(line) != 256*len(piece) || err != nil {
		t.Fatalf("%d bytes, %v", len(line), err)
	}
	if cap(d.rest) != 0 {
		t.Errorf("%d bytes kept after a long line", cap(d.rest))
	}
	if _, err := decode(t, &d, [][]byte{[]byte("sh"), []byte("ort\n")}); err != nil {
		t.Fatal(err)
	}
	if cap(d.rest) == 0 || cap(d.rest) > keptBytes {
		t.Errorf("%d bytes kept after a short line", cap(d.rest))
	}
}

func TestDecoderIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Decoder{}); size > 4*unsafe.Sizeof(uintptr(0)) {
		t.Errorf("%d bytes", size)
	}
}

func TestDecodeAllocates(t *testing.T) {
	whole := []byte("{\"uid\":\"u1\"}\r\nsecond\n")
	first, second := whole[:17], whole[17:]
	var d Decoder
	take := func(p []byte) {
		for len(p) > 0 {
			_, n, err := d.Decode(p)
			if err != nil {
				t.Fatal(err)
			}
			p = p[n:]
		}
	}
	if n := testing.AllocsPerRun(1000, func() { take(whole) }); n != 0 {
		t.Errorf("whole lines: %v allocations", n)
	}
	if n := testing.AllocsPerRun(1000, func() { take(first); take(second) }); n != 0 {
		t.Errorf("a line in two pieces: %v allocations", n)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("hello\nworld\r\n\nunfinished"), []byte{1}, 10)
	f.Add([]byte("abc\r\r\n\r\n\r"), []byte{2, 1}, 3)
	f.Add([]byte("too long a line\nnext\n"), []byte{5, 3}, 4)
	f.Add(bytes.Repeat([]byte("0123456789"), 20), []byte{255}, 0)
	f.Fuzz(func(t *testing.T, input, widths []byte, maxLine int) {
		want, wantErr := referenceLines(input, maxLine)
		for _, pieces := range [][][]byte{{bytes.Clone(input)}, cut.At(input, widths)} {
			d := Decoder{MaxLine: maxLine}
			lines, err := decode(t, &d, pieces)
			if !reflect.DeepEqual(lines, want) || !errors.Is(err, wantErr) {
				t.Fatalf("cut %d times: got %q, %v, want %q, %v", len(pieces), lines, err, want, wantErr)
			}
			if cap(d.rest) > max(2*len(input)+64, keptBytes) {
				t.Fatalf("%d bytes kept of %d", cap(d.rest), len(input))
			}
		}
	})
}

// referenceLines is the decoder written for clarity, over the whole input.
func referenceLines(input []byte, maxLine int) (lines []string, err error) {
	if maxLine <= 0 {
		maxLine = DefaultMaxLine
	}
	parts := strings.Split(string(input), "\n")
	for i, part := range parts {
		line := strings.TrimSuffix(part, "\r")
		if len(line) > maxLine {
			return lines, ErrTooLong
		}
		if i < len(parts)-1 {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func BenchmarkDecode(b *testing.B) {
	read := bytes.Repeat([]byte("{\"uid\":\"u1\",\"text\":\"something has happened\"}\n"), 64)
	b.SetBytes(int64(len(read)))
	b.ReportAllocs()
	var d Decoder
	for b.Loop() {
		for p := read; len(p) > 0; {
			_, n, err := d.Decode(p)
			if err != nil {
				b.Fatal(err)
			}
			p = p[n:]
		}
	}
}

// A line that comes a byte at a time costs as much a byte however long it is.
func BenchmarkDecodeSlowly(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			x, end := []byte("x"), []byte("\n")
			var d Decoder
			for b.Loop() {
				for range size {
					_, _, _ = d.Decode(x)
				}
				_, _, _ = d.Decode(end)
			}
		})
	}
}

// The bytes of an unfinished line are not looked at again when more arrive: newlines put into them go unnoticed.
func TestDecodeLooksAtNewBytesOnly(t *testing.T) {
	var d Decoder
	for range 100 {
		if line, n, err := d.Decode([]byte("x")); line != nil || n != 1 || err != nil {
			t.Fatalf("%q, %d, %v", line, n, err)
		}
		for i := range d.rest {
			d.rest[i] = '\n'
		}
	}
	line, _, err := d.Decode([]byte("\n"))
	if len(line) != 100 || err != nil {
		t.Errorf("a line of %d bytes, %v; want 100", len(line), err)
	}
}
