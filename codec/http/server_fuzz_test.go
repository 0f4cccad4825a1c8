//go:build linux

package http

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzServer: whatever a client sends, the server answers the same however it is cut, and goes on serving others. (With
// Expect it may not: 100 is only said when the body is not there yet.)
func FuzzServer(f *testing.F) {
	for _, test := range transcripts {
		f.Add([]byte(test.raw), []byte{7})
	}
	for _, test := range refused {
		f.Add([]byte(get("/later")+test.raw), []byte{1, 30})
	}
	for _, test := range brokenBodies {
		f.Add([]byte(get("/stream")+test.raw), []byte{40, 1})
	}
	c := &cutting{Server: mixed()}
	w := serve(f, c.Server)
	ln, err := w.Listen("127.0.0.1:0", c)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw, widths []byte) {
		if len(raw) > 10000 || bytes.Contains(bytes.ToLower(raw), []byte("expect")) {
			return
		}
		methods := methodsOf(raw)
		whole := transcript(t, w.addr, string(raw), methods...)
		await(t, w.Engine, func() { c.widths = widths })
		if got := transcript(t, ln.Addr(), string(raw), methods...); butForClose(got) != butForClose(whole) {
			t.Errorf("%q\nwhole: %q\ncut:   %q", raw, whole, got)
		}
	})
}

// methodsOf are the methods of the requests in raw, for who reads the answers: one who took an answer to HEAD for one with a body would
// read the next head, with the time of day, as that body. CONNECT is answered as GET is.
func methodsOf(raw []byte) (methods []string) {
	var d HeadDecoder
	for {
		head, n, err := d.Decode(raw)
		if head == nil {
			return methods
		}
		method := string(head.Method)
		if method != "HEAD" {
			method = "GET"
		}
		methods = append(methods, method)
		var b BodyDecoder
		if err != nil || b.Begin(head) != nil {
			return methods
		}
		for raw = raw[n:]; len(raw) > 0 && !b.Done(); raw = raw[n:] {
			if _, n, err = b.Decode(raw); err != nil {
				return methods
			}
		}
	}
}

// butForClose leaves out whether the last answer says that it is the last: one that is made later does if the client's end has been seen
// by then.
func butForClose(transcript string) string {
	last := strings.LastIndexByte(strings.TrimSuffix(transcript, "\n"), '\n') + 1
	return transcript[:last] + strings.Replace(transcript[last:], " close", "", 1)
}
