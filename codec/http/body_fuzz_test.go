package http

import (
	"bufio"
	"bytes"
	"io"
	nethttp "net/http"
	"regexp"
	"testing"

	"fanloop/internal/cut"
)

// FuzzMessages: a stream of requests with their bodies, however it is cut, is read as the whole is; and each that is taken
// here, net/http takes with the same meaning, body, trailers and end included. The differences are those of the heads (see
// sameAsNetHTTP), and one of bodies: white space before the semicolon of a chunk's first extension, which RFC 9110 5.6.3 and 9112 7.1.1 have
// a server read over, net/http refuses.
func FuzzMessages(f *testing.F) {
	for _, test := range bodies {
		f.Add([]byte(test.raw+test.raw), []byte{7})
	}
	for _, test := range brokenBodies {
		f.Add([]byte(test.raw), []byte{1, 30})
	}
	f.Fuzz(func(t *testing.T, raw, widths []byte) {
		whole := readMessages([][]byte{raw})
		inParts := readMessages(cut.At(raw, widths))
		for i := range whole {
			if whole[i] != inParts[i] {
				t.Fatalf("message %d:\nwhole    %+v\nin parts %+v", i, whole[i], inParts[i])
			}
		}
		for i, m := range whole {
			if !m.whole {
				break
			}
			before := raw
			if i > 0 {
				before = []byte(whole[i-1].rest)
			}
			sameMessage(t, before, m)
		}
	})
}

// readMessages reads up to five messages; the last of them is not whole, or refused.
func readMessages(pieces [][]byte) (all [5]message) {
	for i := range all {
		h := &HeadDecoder{Limits: Limits{RequestLine: 200, Head: 1000, Fields: 20}}
		b := &BodyDecoder{MaxBody: 5000, Trailer: Limits{Head: 300, Fields: 10}}
		all[i] = readMessage(h, b, pieces)
		if !all[i].whole {
			break
		}
		pieces = tail(pieces, len(all[i].rest))
	}
	return all
}

// tail is the pieces of the last n bytes.
func tail(pieces [][]byte, n int) (rest [][]byte) {
	for i := len(pieces) - 1; i >= 0 && n > 0; i-- {
		p := pieces[i][max(0, len(pieces[i])-n):]
		n -= len(p)
		rest = append([][]byte{p}, rest...)
	}
	return rest
}

var blankBeforeExtension = regexp.MustCompile(`[0-9A-Fa-f][ \t]+;`)

func sameMessage(t *testing.T, raw []byte, m message) {
	t.Helper()
	if bytes.HasPrefix(raw, []byte("\r\n")) {
		raw = raw[2:] // an empty line before the request: net/http refuses it
	}
	head, _, err := new(HeadDecoder).Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	if authority, _, _ := splitTarget(head.Target); bytes.IndexByte(authority, '%') >= 0 || head.Chunked && head.Fields.Has("Trailer") {
		return
	}
	source := bytes.NewReader(raw)
	buffered := bufio.NewReader(source)
	r, err := nethttp.ReadRequest(buffered)
	if err != nil {
		t.Fatalf("net/http refuses %q: %v", raw, err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil && head.Chunked && blankBeforeExtension.Match(raw) {
		return
	}
	if err != nil || string(body) != m.body {
		t.Fatalf("%q: body %q, for net/http %q, %v", raw, m.body, body, err)
	}
	if rest := source.Len() + buffered.Buffered(); rest != len(m.rest) {
		t.Fatalf("%q: %d bytes behind it, for net/http %d", raw, len(m.rest), rest)
	}
	if head.Chunked {
		var b BodyDecoder
		_ = b.Begin(head)
		last := readMessage(new(HeadDecoder), &b, [][]byte{raw})
		if !last.whole {
			t.Fatalf("%q is read another way with other limits: %+v", raw, last)
		}
		sameFields(t, r.Trailer, b.Trailers())
	} else if len(r.Trailer) > 0 {
		t.Errorf("%q: trailers %v", raw, r.Trailer)
	}
}
