//go:build linux

package http

import (
	"bufio"
	"bytes"
	nethttp "net/http"
	"reflect"
	"testing"
)

// FuzzMakeRequest: the request that a handler gets is the one that net/http's own server would give it. What the two decoders
// read differently is listed at sameAsNetHTTP, and left out here; in these two more they differ:
//
//   - Of keep-alive and close in one HTTP/1.0 request, and of a Connection field that HTTP/1.0 has twice, close counts.
//   - HTTP/1.2 to 1.9 show as 1.1.
func FuzzMakeRequest(f *testing.F) {
	for _, test := range taken {
		f.Add([]byte(test.raw))
	}
	f.Add([]byte(browserRequest))
	f.Add([]byte("POST /a%2Fb?c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: x, Y ,,z\r\nPragma: no-cache\r\nA: 1\r\na: 2\r\n\r\n"))
	f.Add([]byte("GET http://b:1/c HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		raw = bytes.TrimPrefix(raw, []byte("\r\n"))
		h, _, err := new(HeadDecoder).Decode(raw)
		if err != nil || h == nil || string(h.Method) == "CONNECT" {
			return
		}
		authority, _, _ := splitTarget(h.Target)
		line, _, _ := bytes.Cut(raw, []byte("\r\n"))
		if bytes.IndexByte(authority, '%') >= 0 || !bytes.HasSuffix(line, []byte("1.1")) && !bytes.HasSuffix(line, []byte("1.0")) {
			return
		}
		want, err := nethttp.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return // of a Trailer field that announces what it may not
		}
		head, text, _ := h.copyTo(nil, nil)
		got, err := makeRequest(&head, string(text))
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if h.Minor == 0 && h.Fields.Has("Connection") {
			got.Close = want.Close
		}
		want.Body, got.Body = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q\ngot  %+v\nwant %+v", raw, got, want)
		}
	})
}

func BenchmarkMakeRequest(b *testing.B) {
	h, _, err := new(HeadDecoder).Decode([]byte(browserRequest))
	if err != nil {
		b.Fatal(err)
	}
	head, text, _ := h.copyTo(nil, nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := makeRequest(&head, string(text)); err != nil {
			b.Fatal(err)
		}
	}
}
