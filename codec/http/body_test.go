package http

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"fanloop/internal/cut"
)

// chunked is the head before a chunked body.
const chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

func withLength(n int) string {
	return fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", n)
}

// message is what came of one request: its head, its body, its trailers.
type message struct {
	body, trailers string
	rest           string // what was not taken
	whole          bool
	err            error
}

// readMessage reads the first request of pieces.
func readMessage(h *HeadDecoder, b *BodyDecoder, pieces [][]byte) (m message) {
	var head *Head
	for i, p := range pieces {
		n := 0
		if head == nil {
			if head, n, m.err = h.Decode(p); head == nil && m.err == nil {
				continue
			}
			if m.err == nil {
				m.err = b.Begin(head)
			}
			if m.err != nil {
				return message{err: m.err}
			}
		}
		for p = p[n:]; len(p) > 0 && !b.Done(); p = p[n:] {
			var data []byte
			if data, n, m.err = b.Decode(p); m.err != nil {
				return message{err: m.err}
			}
			m.body += string(data)
		}
		if b.Done() {
			m.whole, m.trailers = true, showFields(b.Trailers())
			m.rest = string(bytes.Join(append([][]byte{p}, pieces[i+1:]...), nil))
			return m
		}
	}
	return m
}

func showFields(fields Fields) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "%s=%s\n", f.Name, f.Value)
	}
	return b.String()
}

var bodies = []struct {
	name, raw string
	want      message
}{
	{"none", "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET", message{rest: "GET"}},
	{"length 0", withLength(0) + "x", message{rest: "x"}},
	{"length", withLength(5) + "hello", message{body: "hello"}},
	{"length, and more", withLength(5) + "helloGET", message{body: "hello", rest: "GET"}},
	{"any bytes", withLength(5) + "\x00\r\n\xff\n\r", message{body: "\x00\r\n\xff\n", rest: "\r"}},
	{"no chunk", chunked + "0\r\n\r\nGET", message{rest: "GET"}},
	{"a chunk", chunked + "5\r\nhello\r\n0\r\n\r\n", message{body: "hello"}},
	{"chunks", chunked + "5\r\nhello\r\n1\r\n \r\nb\r\nhello again\r\n0\r\n\r\nx", message{body: "hello hello again", rest: "x"}},
	{"line ends in a chunk", chunked + "4\r\n\r\n\r\n\r\n0\r\n\r\n", message{body: "\r\n\r\n"}},
	{"sizes in any case", chunked + "A\r\n0123456789\r\n0a\r\n0123456789\r\n0\r\n\r\n", message{body: "01234567890123456789"}},
	{"zeros in front", chunked + "0000000000000002\r\nab\r\n000\r\n\r\n", message{body: "ab"}},
	{"extensions", chunked + "2;a\r\nab\r\n1; b = c;d=\"e f\"\r\nc\r\n0;\te\t;f\r\n\r\n", message{body: "abc"}},
	{"quoted extensions", chunked + "2;a=\"\\\";,= \x80\t\"\r\nab\r\n0;b=\"\";c\r\n\r\n", message{body: "ab"}},
	{"a space before an extension", chunked + "5 ;a\r\nhello\r\n0\t ;b=c ;d\r\n\r\n", message{body: "hello"}},
	{"trailers", chunked + "1\r\na\r\n0\r\nA: b\r\nEtag: \"x\"\r\na:c\r\n\r\nx", message{body: "a", trailers: "A=b\nEtag=\"x\"\na=c\n", rest: "x"}},
}

func TestBodyTakes(t *testing.T) {
	for _, test := range bodies {
		t.Run(test.name, func(t *testing.T) {
			test.want.whole = true
			cut.Every(t, []byte(test.raw), func(t *testing.T, pieces [][]byte) {
				if got := readMessage(new(HeadDecoder), new(BodyDecoder), pieces); got != test.want {
					t.Errorf("got  %+v\nwant %+v", got, test.want)
				}
			})
		})
	}
}

var brokenBodies = []struct {
	name, raw string
	err       error
}{
	{"no size", chunked + "\r\n", ErrChunkSize},
	{"not hexadecimal", chunked + "g\r\n", ErrChunkSize},
	{"0x", chunked + "0x5\r\nhello\r\n", ErrChunkSize},
	{"a sign", chunked + "+5\r\nhello\r\n", ErrChunkSize},
	{"minus", chunked + "-1\r\n", ErrChunkSize},
	{"an underscore", chunked + "1_0\r\n", ErrChunkSize},
	{"a space before", chunked + " 5\r\nhello\r\n", ErrChunkSize},
	{"a space behind", chunked + "5 \r\nhello\r\n", ErrChunkSize},
	{"two numbers", chunked + "5 5\r\nhello\r\n", ErrChunkSize},
	{"a size of 2^63", chunked + "8000000000000000\r\n", ErrChunkSize},
	{"a size of 2^64", chunked + "10000000000000000\r\n", ErrChunkSize},
	{"a size that comes round to 5", chunked + "10000000000000005\r\nhello\r\n", ErrChunkSize},
	{"too many digits", chunked + "00000000000000005\r\nhello\r\n", ErrChunkSize},
	{"bare LF behind the size", chunked + "5\nhello\r\n0\r\n\r\n", ErrChunkSize},
	{"bare LF behind an extension", chunked + "5;a\nhello\r\n0\r\n\r\n", ErrChunkSize},
	{"bare CR behind the size", chunked + "5\rhello\r\n0\r\n\r\n", ErrChunkEnd},
	{"NUL in an extension", chunked + "5;\x00\r\n", ErrChunkSize},
	{"NUL in a quoted extension", chunked + "5;a=\"\x00\"\r\n", ErrChunkSize},
	{"NUL behind a backslash", chunked + "5;a=\"\\\x00\"\r\n", ErrChunkSize},
	{"an extension without a name", chunked + "5;\r\nhello\r\n", ErrChunkSize},
	{"two semicolons", chunked + "5;;a\r\nhello\r\n", ErrChunkSize},
	{"an extension without a value", chunked + "5;a=\r\nhello\r\n", ErrChunkSize},
	{"a value without a name", chunked + "5;=a\r\nhello\r\n", ErrChunkSize},
	{"two values", chunked + "5;a=b=c\r\nhello\r\n", ErrChunkSize},
	{"a name of two words", chunked + "5;a b\r\nhello\r\n", ErrChunkSize},
	{"a value of two words", chunked + "5;a=b c\r\nhello\r\n", ErrChunkSize},
	{"a name that is no token", chunked + "5;a[=b\r\nhello\r\n", ErrChunkSize},
	{"a value that is no token", chunked + "5;a=\x80\r\nhello\r\n", ErrChunkSize},
	{"a quote in a token", chunked + "5;a=b\"c\"\r\nhello\r\n", ErrChunkSize},
	{"more behind a quote", chunked + "5;a=\"b\"c\r\nhello\r\n", ErrChunkSize},
	{"a quote that does not end", chunked + "5;a=\"b\r\nhello\r\n", ErrChunkSize},
	{"a quote that goes on in the next line", chunked + "5;a=\"\r\n\"\r\n", ErrChunkSize},
	{"a backslash before the end", chunked + "5;a=\"b\\\r\nhello\r\n", ErrChunkSize},
	{"a space behind an extension", chunked + "5;a \r\nhello\r\n", ErrChunkSize},
	{"a tab behind a value", chunked + "5;a=b\t\r\nhello\r\n", ErrChunkSize},
	{"data longer than its size", chunked + "4\r\nhello\r\n0\r\n\r\n", ErrChunkEnd},
	{"data shorter than its size", chunked + "6\r\nhello\r\n0\r\n\r\n", ErrChunkEnd},
	{"bare LF behind data", chunked + "5\r\nhello\n0\r\n\r\n", ErrChunkEnd},
	{"bare CR behind data", chunked + "5\r\nhello\r0\r\n\r\n", ErrChunkEnd},
	{"nothing behind data", chunked + "5\r\nhello0\r\n\r\n", ErrChunkEnd},
	{"an endless line", chunked + "5;" + strings.Repeat("a", maxChunkLine), ErrChunkLine},
	{"bare LF at the end", chunked + "0\r\n\n", ErrBareLF},
	{"bare LF in a trailer", chunked + "0\r\nA: b\n\r\n", ErrBareLF},
	{"bare CR in a trailer", chunked + "0\r\nA: b\rc\r\n\r\n", ErrBareCR},
	{"a trailer without colon", chunked + "0\r\nA\r\n\r\n", ErrFieldLine},
	{"a folded trailer", chunked + "0\r\nA: b\r\n c\r\n\r\n", ErrFold},
	{"a space before the colon", chunked + "0\r\nA : b\r\n\r\n", ErrFieldName},
	{"NUL in a trailer", chunked + "0\r\nA: \x00\r\n\r\n", ErrFieldValue},
	{"a trailer that frames", chunked + "0\r\ncontent-length: 5\r\n\r\n", ErrTrailerField},
	{"another one", chunked + "0\r\nTransfer-Encoding: chunked\r\n\r\n", ErrTrailerField},
	{"a trailer that addresses", chunked + "0\r\nHost: b\r\n\r\n", ErrTrailerField},
	{"trailers too large", chunked + "0\r\nA: " + strings.Repeat("b", 500), ErrTrailerTooLarge},
	{"trailers too large together", chunked + "0\r\n" + strings.Repeat("A: bcdef\r\n", 21), ErrTrailerTooLarge},
	{"too many trailers", chunked + "0\r\n" + strings.Repeat("A:\r\n", 21), ErrTooManyFields},
	{"extensions beyond measure", chunked + strings.Repeat("1;"+strings.Repeat("a", 600)+"\r\nb\r\n", 30), ErrChunkExcess},
	{"a body too large", withLength(31) + "x", ErrBodyTooLarge},
	{"a chunk too large", chunked + "1f\r\nx", ErrBodyTooLarge},
	{"chunks too large", chunked + "1e\r\n" + strings.Repeat("x", 30) + "\r\n1\r\n", ErrBodyTooLarge},
}

func TestBodyRefuses(t *testing.T) {
	for _, test := range brokenBodies {
		t.Run(test.name, func(t *testing.T) {
			limited := func() *BodyDecoder { return &BodyDecoder{MaxBody: 30, Trailer: Limits{Head: 200, Fields: 20}} }
			if len(test.raw) > 1000 {
				check(t, readMessage(new(HeadDecoder), limited(), [][]byte{[]byte(test.raw)}), test.err)
				check(t, readMessage(new(HeadDecoder), limited(), cut.At([]byte(test.raw), []byte{1})), test.err)
				return
			}
			cut.Every(t, []byte(test.raw), func(t *testing.T, pieces [][]byte) {
				check(t, readMessage(new(HeadDecoder), limited(), pieces), test.err)
			})
		})
	}
}

func check(t *testing.T, got message, err error) {
	t.Helper()
	if got.err != err {
		t.Errorf("got %+v, want %v", got, err)
	}
}

// Exactly at the limits, everything is taken.
func TestBodyAtTheLimits(t *testing.T) {
	b := &BodyDecoder{MaxBody: 10, Trailer: Limits{Head: 30, Fields: 3}}
	for _, raw := range []string{
		withLength(10) + "0123456789",
		chunked + "9\r\n012345678\r\n1\r\n9\r\n0\r\n\r\n",
		chunked + "0\r\nA:\r\nB:\r\nC: 56789012345678\r\n\r\n",
		chunked + "0" + ";" + strings.Repeat("x", maxChunkLine-3) + "\r\n\r\n",
	} {
		if got := readMessage(new(HeadDecoder), b, [][]byte{[]byte(raw)}); !got.whole {
			t.Errorf("%.60q: %+v", raw, got)
		}
	}
}

// Without a limit there is one of 2^63-1, which the sum of two sizes does not come round.
func TestBodyWithoutLimit(t *testing.T) {
	raw := chunked + "1\r\na\r\n7fffffffffffffff\r\n"
	check(t, readMessage(new(HeadDecoder), new(BodyDecoder), [][]byte{[]byte(raw)}), ErrBodyTooLarge)
	raw = chunked + "7fffffffffffffff\r\na"
	check(t, readMessage(new(HeadDecoder), new(BodyDecoder), [][]byte{[]byte(raw)}), nil)
}

func TestBodyErrorIsFinal(t *testing.T) {
	var b BodyDecoder
	head := &Head{ContentLength: -1, Chunked: true}
	_ = b.Begin(head)
	for range 2 {
		if data, n, err := b.Decode([]byte("x\r\n")); err != ErrChunkSize || data != nil || b.Done() {
			t.Errorf("%q, %d, %v", data, n, err)
		}
	}
	if err := b.Begin(head); err != nil {
		t.Fatal(err)
	}
	if _, n, err := b.Decode([]byte("0\r\n\r\nmore")); n != 5 || err != nil || !b.Done() {
		t.Errorf("after another Begin: %d, %v", n, err)
	}
}

func TestBodyLeft(t *testing.T) {
	var b BodyDecoder
	for _, test := range []struct {
		head Head
		raw  string
		left int64
	}{
		{Head{}, "", 0},
		{Head{ContentLength: 5}, "", 5},
		{Head{ContentLength: 5}, "ab", 3},
		{Head{ContentLength: 5}, "abcde", 0},
		{Head{ContentLength: -1, Chunked: true}, "", -1},
		{Head{ContentLength: -1, Chunked: true}, "5\r\nab", -1},
		{Head{ContentLength: -1, Chunked: true}, "0\r\n\r\n", 0},
	} {
		_ = b.Begin(&test.head)
		if _, _, err := b.Decode([]byte(test.raw)); err != nil || b.Left() != test.left {
			t.Errorf("%+v, %q: %d left, %v", test.head, test.raw, b.Left(), err)
		}
	}
}

// No byte is copied, and nothing allocated once the trailers' memory has grown.
func TestBodyAllocatesNothing(t *testing.T) {
	raw := []byte("5\r\nhello\r\n6;a=b\r\n again\r\n0\r\nA: b\r\nC: d\r\n\r\n")
	var b BodyDecoder
	head := &Head{ContentLength: -1, Chunked: true}
	for _, step := range []int{len(raw), 1} {
		read := func() {
			_ = b.Begin(head)
			for i := 0; i < len(raw); i += step {
				for p := raw[i : i+step]; len(p) > 0; {
					data, n, err := b.Decode(p)
					if err != nil {
						t.Fatal(err)
					}
					if len(data) > 0 && &data[0] != &p[n-len(data)] {
						t.Fatal("copied")
					}
					p = p[n:]
				}
			}
		}
		read()
		if n := testing.AllocsPerRun(100, read); n > 0 {
			t.Errorf("%v allocations in steps of %d", n, step)
		}
	}
}

func BenchmarkBodyChunked(b *testing.B) {
	raw := []byte(strings.Repeat("400\r\n"+strings.Repeat("x", 1024)+"\r\n", 16) + "0\r\n\r\n")
	var d BodyDecoder
	head := &Head{ContentLength: -1, Chunked: true}
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		_ = d.Begin(head)
		for p := raw; len(p) > 0; {
			_, n, err := d.Decode(p)
			if err != nil {
				b.Fatal(err)
			}
			p = p[n:]
		}
	}
}
