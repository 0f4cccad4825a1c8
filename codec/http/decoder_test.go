package http

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"fanloop/internal/cut"
)

// outcome is what came of one head: written out, so that two can be compared.
type outcome struct {
	head string // as show writes it
	rest string // what the decoder did not take
	err  error
}

// decode reads the first head of pieces.
func decode(d *HeadDecoder, pieces [][]byte) outcome {
	for i, p := range pieces {
		head, n, err := d.Decode(p)
		if err != nil {
			return outcome{err: err}
		}
		if head != nil {
			rest := append([][]byte{p[n:]}, pieces[i+1:]...)
			return outcome{head: show(head), rest: string(bytes.Join(rest, nil))}
		}
	}
	return outcome{}
}

// show writes a head out: method, target, minor version, how the body is framed, then the fields.
func show(h *Head) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %d length=%d chunked=%v", h.Method, h.Target, h.Minor, h.ContentLength, h.Chunked)
	for _, f := range h.Fields {
		fmt.Fprintf(&b, "\n%s=%s", f.Name, f.Value)
	}
	return b.String()
}

func TestDecodeTakes(t *testing.T) {
	for _, test := range taken {
		t.Run(test.name, func(t *testing.T) {
			want := outcome{head: test.head, rest: test.rest}
			cut.Every(t, []byte(test.raw), func(t *testing.T, pieces [][]byte) {
				if got := decode(new(HeadDecoder), pieces); got != want {
					t.Errorf("got  %+v\nwant %+v", got, want)
				}
			})
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, test := range refused {
		t.Run(test.name, func(t *testing.T) {
			cut.Every(t, []byte(test.raw), func(t *testing.T, pieces [][]byte) {
				if got := decode(new(HeadDecoder), pieces); got != (outcome{err: test.err}) {
					t.Errorf("got %+v, want %v", got, test.err)
				}
			})
		})
	}
}

func TestDecodeRefusesBeforeTheEnd(t *testing.T) {
	for _, raw := range []string{"\x16", "GET /\r\n", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nA : b\r\n"} {
		for i := range len(raw) {
			if got := decode(new(HeadDecoder), [][]byte{[]byte(raw[:i])}); got.err != nil {
				t.Errorf("%q: %v", raw[:i], got.err)
			}
		}
		if got := decode(new(HeadDecoder), [][]byte{[]byte(raw)}); got.err == nil {
			t.Errorf("%q is not refused at its last byte", raw)
		}
	}
}

func TestDecodeNeedsMore(t *testing.T) {
	raw := "\r\nGET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
	for i := range len(raw) {
		d := new(HeadDecoder)
		head, n, err := d.Decode([]byte(raw[:i]))
		if head != nil || n != i || err != nil {
			t.Errorf("%q: %v, %d, %v", raw[:i], head, n, err)
		}
		if d.Pending() != (i > 0) {
			t.Errorf("%q: Pending is %v", raw[:i], d.Pending())
		}
	}
}

// A slowly arriving head costs as much as a fast one: the search for a line's end begins behind all that was searched.
func TestDecodeLooksAtNewBytesOnly(t *testing.T) {
	d := new(HeadDecoder)
	raw := "GET / HTTP/1.1\r\nHost: a\r\nCookie: " + strings.Repeat("x", 1000)
	for i := range len(raw) {
		if _, _, err := d.Decode([]byte{raw[i]}); err != nil {
			t.Fatal(err)
		}
		if d.seen != i+1 {
			t.Fatalf("after %d bytes, %d are searched", i+1, d.seen)
		}
	}
}

func TestDecodePipelined(t *testing.T) {
	raw := "GET /1 HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n" +
		"\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n" +
		"GET /3 HTTP/1.0\r\n\r\n"
	want := "GET /1 1 length=0 chunked=false\nHost=a\nA=b\n" +
		"POST /2 1 length=0 chunked=false\nHost=a\nContent-Length=0\n" +
		"GET /3 0 length=0 chunked=false\n"
	cut.Every(t, []byte(raw), func(t *testing.T, pieces [][]byte) {
		var d HeadDecoder
		var got strings.Builder
		for _, p := range pieces {
			for len(p) > 0 {
				head, n, err := d.Decode(p)
				if err != nil {
					t.Fatal(err)
				}
				if p = p[n:]; head != nil {
					got.WriteString(show(head) + "\n")
				}
			}
		}
		if got.String() != want || d.Pending() {
			t.Errorf("got:\n%s\npending: %v", got.String(), d.Pending())
		}
	})
}

func TestDecodeAfterAnError(t *testing.T) {
	good := "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	for _, test := range []struct{ bad, method string }{
		{"(", ""},
		{"GET / HTTP/2.0\r\n", ""},
		{"HEAD / HTTP/1.1\r\nA\r\n", "HEAD"},
		{"HEAD / HTTP/1.1\r\n\r\n", "HEAD"},
	} {
		d := new(HeadDecoder)
		head, n, err := d.Decode([]byte(test.bad))
		if n != 0 || err == nil {
			t.Fatalf("%q: took %d, error %v", test.bad, n, err)
		}
		if head == nil && test.method != "" || head != nil && string(head.Method) != test.method {
			t.Errorf("%q: head %v, want the method %q", test.bad, head, test.method)
		}
		if head, n, again := d.Decode([]byte(good)); head != nil || n != 0 || again != err {
			t.Errorf("%q, then a good one: %v, %d, %v", test.bad, head, n, again)
		}
		d.Reset()
		if got := decode(d, [][]byte{[]byte(good)}); got.head != "GET / 1 length=0 chunked=false\nHost=a" {
			t.Errorf("%q, Reset, then a good one: %+v", test.bad, got)
		}
	}
}

func TestHeadIsNotOverwrittenByAppend(t *testing.T) {
	head, _, err := new(HeadDecoder).Decode([]byte("GET /a HTTP/1.1\r\nHost: b\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	_ = append(head.Method, "xxxx"...)
	_ = append(head.Target, "xxxx"...)
	_ = append(head.Fields[0].Name, "xxxx"...)
	_ = append(head.Fields[0].Value, "xxxx"...)
	if got := show(head); got != "GET /a 1 length=0 chunked=false\nHost=b" {
		t.Errorf("after appending to its slices the head is %q", got)
	}
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	d := new(HeadDecoder)
	whole := []byte(browserRequest)
	half := len(whole) / 2
	bad := []byte("GET / HTTP/1.1\r\n\r\n")
	for name, run := range map[string]func(){
		"whole":    func() { _, _, _ = d.Decode(whole) },
		"in parts": func() { _, _, _ = d.Decode(whole[:half]); _, _, _ = d.Decode(whole[half:]) },
		"refused":  func() { d.Reset(); _, _, _ = d.Decode(bad); d.Reset() },
	} {
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations a head", name, n)
		}
	}
}
