package http

import (
	"strings"
	"testing"

	"fanloop/internal/cut"
)

// everyWidth runs a decoder over input in pieces of several widths: too long for every cut.
func everyWidth(t *testing.T, limits Limits, input string, want error) {
	t.Helper()
	for _, widths := range [][]byte{nil, {1}, {2}, {3, 50}, {255}} {
		d := &HeadDecoder{Limits: limits}
		got := decode(d, cut.At([]byte(input), widths))
		if got.err != want || (got.head == "") != (want != nil) {
			t.Errorf("widths %v: %v (a head: %v), want %v", widths, got.err, got.head != "", want)
		}
	}
}

func TestDefaultLimits(t *testing.T) {
	line := func(n int) string { // a request whose first line has n bytes
		const rest = "GET / HTTP/1.1\r\n"
		return "GET /" + strings.Repeat("x", n-len(rest)) + " HTTP/1.1\r\nHost: a\r\n\r\n"
	}
	head := func(n int) string { // a request of n bytes
		const rest = "GET / HTTP/1.1\r\nHost: a\r\nB: \r\n\r\n"
		return "GET / HTTP/1.1\r\nHost: a\r\nB: " + strings.Repeat("x", n-len(rest)) + "\r\n\r\n"
	}
	fields := func(n int) string {
		return "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("B: c\r\n", n-1) + "\r\n"
	}
	everyWidth(t, Limits{}, line(8192), nil)
	everyWidth(t, Limits{}, "\r\n"+line(8192), nil)
	everyWidth(t, Limits{}, line(8193), ErrTargetTooLong)
	everyWidth(t, Limits{}, "\r\n"+line(8193), ErrTargetTooLong)
	everyWidth(t, Limits{}, line(100_000), ErrTargetTooLong)
	everyWidth(t, Limits{}, head(16384), nil)
	everyWidth(t, Limits{}, head(16384)+strings.Repeat("body", 1000), nil)
	everyWidth(t, Limits{}, head(16385), ErrHeadTooLarge)
	everyWidth(t, Limits{}, "\r\n"+head(16384), ErrHeadTooLarge)
	everyWidth(t, Limits{}, head(100_000), ErrHeadTooLarge)
	everyWidth(t, Limits{}, fields(100), nil)
	everyWidth(t, Limits{}, fields(101), ErrTooManyFields)
	everyWidth(t, Limits{}, fields(10_000), ErrTooManyFields)
}

func TestLimits(t *testing.T) {
	for _, test := range []struct {
		name   string
		limits Limits
		raw    string
		err    error
	}{
		{"a line that fits", Limits{RequestLine: 16}, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", nil},
		{"a line too long by its LF", Limits{RequestLine: 15}, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetTooLong},
		{"a target without end", Limits{RequestLine: 15}, "GET /" + strings.Repeat("x", 50), ErrTargetTooLong},
		{"a method without end", Limits{RequestLine: 15}, strings.Repeat("x", 50), ErrMethodTooLong},
		{"no method in it", Limits{RequestLine: 15}, "GET" + strings.Repeat("@", 50), ErrMethod},
		{"a CR and no LF", Limits{RequestLine: 15}, "\r" + strings.Repeat("x", 50), ErrMethod},
		{"a head that fits", Limits{Head: 27}, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", nil},
		{"a head too long by its LF", Limits{Head: 26}, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", ErrHeadTooLarge},
		{"the head ends in the first line", Limits{Head: 15}, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetTooLong},
		{"the head ends behind the first line", Limits{Head: 16}, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", ErrHeadTooLarge},
		{"the head ends behind an empty line", Limits{Head: 2}, "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", ErrMethodTooLong},
		{"a bad line first", Limits{Head: 20}, "GET / HTTP/1.1\r\nB\r\nHost: a\r\n\r\n", ErrFieldLine},
		{"one field", Limits{Fields: 1}, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", nil},
		{"two fields", Limits{Fields: 1}, "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n", ErrTooManyFields},
		{"the second is bad", Limits{Fields: 1}, "GET / HTTP/1.1\r\nHost: a\r\nB\r\r\n\r\n", ErrTooManyFields},
	} {
		t.Run(test.name, func(t *testing.T) {
			cut.Every(t, []byte(test.raw), func(t *testing.T, pieces [][]byte) {
				d := &HeadDecoder{Limits: test.limits}
				if got := decode(d, pieces); got.err != test.err || (got.head == "") != (test.err != nil) {
					t.Errorf("got %+v, want %v", got, test.err)
				}
			})
		})
	}
}

// Whatever is sent, no more is kept than the limit.
func TestDecodeKeepsNoMoreThanTheLimit(t *testing.T) {
	d := &HeadDecoder{Limits: Limits{Head: 1000}}
	_, _, _ = d.Decode([]byte("GET / HTTP/1.1\r\n"))
	head, n, err := d.Decode([]byte("Host: a\r\n\r\n" + strings.Repeat("b", 1<<20)))
	if head == nil || n != 11 || err != nil || len(d.buf) > 1000 || cap(d.buf) > 4096 {
		t.Errorf("%v, %d, %v, %d of %d bytes kept", head, n, err, len(d.buf), cap(d.buf))
	}
}
