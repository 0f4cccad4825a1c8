package http

import (
	"bufio"
	"bytes"
	"io"
	nethttp "net/http"
	"testing"
)

// FuzzAnswer: whatever status, fields, body and trailers are asked for, what is appended is an error and nothing, or read
// back by net/http's ReadResponse as it was meant, to its last byte, behind which the next answer begins.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "Content-Type", "text/plain", []byte("hello"), uint8(byLength), "", "")
	f.Add(200, "A", "b\r\nContent-Length: 0", []byte("hello"), uint8(byLength), "", "")
	f.Add(200, "A", "b", []byte("hello"), uint8(byChunks), "T", "v")
	f.Add(200, "A", "b", []byte("hello"), uint8(byChunks), "Content-Length", "1")
	f.Add(200, "A", "b", []byte("hello"), uint8(byTheEnd), "", "")
	f.Add(204, "A\x00", "b", []byte("hello"), uint8(noBody), "", "")
	f.Add(304, "Date", "today", []byte{}, uint8(hasLength), "", "")
	f.Add(99, "transfer-encoding", "gzip", []byte{}, uint8(byLength), "", "")
	f.Fuzz(func(t *testing.T, status int, name, value string, body []byte, frame uint8, trailer, trailed string) {
		h := answerHead{status: status, fields: Fields{NewField(name, value)}, date: []byte("Date: x\r\n"),
			framing: framing(frame % 5), length: int64(len(body)), persistence: persistence(frame / 5 % 3)}
		if bodyless(status) && h.framing != hasLength {
			h.framing = noBody // as the server does
		}
		const before = "before"
		out, err := h.append([]byte(before))
		if err != nil {
			if string(out) != before {
				t.Fatalf("%v, and appended %q", err, out)
			}
			return
		}
		var trailers Fields
		if trailer != "" {
			trailers = Fields{NewField(trailer, trailed)}
		}
		out, ok := appendBody(t, out, &h, body, trailers)
		if ok {
			readBack(t, out[len(before):], &h, body, trailers)
		}
	})
}

// appendBody puts the body behind the head, in two chunks when it is chunked; ok is false when the trailers cannot be sent.
func appendBody(t *testing.T, dst []byte, h *answerHead, body []byte, trailers Fields) (out []byte, ok bool) {
	switch h.framing {
	case byLength, byTheEnd:
		return append(dst, body...), true
	case byChunks:
		half := len(body) / 2
		dst = appendChunk(appendChunk(dst, body[:half]), body[half:])
		out, err := appendLastChunk(dst, trailers)
		if err != nil && !bytes.Equal(out, dst) {
			t.Fatalf("%v, and appended %q", err, out[len(dst):])
		}
		return out, err == nil
	}
	return dst, true
}

func readBack(t *testing.T, raw []byte, h *answerHead, body []byte, trailers Fields) {
	t.Helper()
	request := &nethttp.Request{Method: "GET"}
	if h.framing == noBody || h.framing == hasLength {
		request.Method, body = "HEAD", nil
	}
	const next = "HTTP/1.1 "
	if h.framing != byTheEnd {
		raw = append(bytes.Clone(raw), next...)
	}
	source := bufio.NewReader(bytes.NewReader(raw))
	res, err := nethttp.ReadResponse(source, request)
	if err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	got, err := io.ReadAll(res.Body)
	if err != nil || !bytes.Equal(got, body) || res.StatusCode != h.status {
		t.Fatalf("%q: %d, %q, %v", raw, res.StatusCode, got, err)
	}
	if rest, _ := io.ReadAll(source); h.framing != byTheEnd && string(rest) != next {
		t.Fatalf("%q: %q left", raw, rest)
	}
	sameFields(t, withoutOwn(res.Header, h), trimmed(h.fields))
	if h.framing == byChunks {
		sameFields(t, res.Trailer, trimmed(trailers))
	}
	if (res.Close && h.framing != byTheEnd) != (h.persistence == closes && h.framing != byTheEnd) {
		t.Errorf("%q: close is %v", raw, res.Close)
	}
}

// trimmed is what a recipient sees of fields: the blanks around values are not part of them.
func trimmed(fields Fields) (out Fields) {
	for _, f := range fields {
		out = append(out, Field{f.Name, trimBlanks(f.Value)})
	}
	return out
}

// withoutOwn takes out what the codec has added.
func withoutOwn(header nethttp.Header, h *answerHead) nethttp.Header {
	for _, own := range []string{"Date", "Content-Length", "Connection"} {
		if !h.fields.Has(own) {
			delete(header, own)
		}
	}
	return header
}
