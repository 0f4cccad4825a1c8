package http

import (
	"bufio"
	"bytes"
	nethttp "net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"testing"

	"fanloop/internal/cut"
)

// FuzzHead: however the input is cut, the outcome is that of the whole; a head written out again is read as the same;
// and what is taken, net/http takes with the same meaning (see sameAsNetHTTP for the differences).
func FuzzHead(f *testing.F) {
	for _, test := range taken {
		f.Add([]byte(test.raw), []byte{7})
	}
	for _, test := range refused {
		f.Add([]byte(test.raw), []byte{1, 30})
	}
	f.Add([]byte(browserRequest), []byte{200})
	f.Fuzz(func(t *testing.T, raw, widths []byte) {
		limits := Limits{RequestLine: 200, Head: 1000, Fields: 20}
		d := &HeadDecoder{Limits: limits}
		whole := decode(d, [][]byte{raw})
		inParts := &HeadDecoder{Limits: limits}
		if got := decode(inParts, cut.At(raw, widths)); got != whole {
			t.Fatalf("%q\nwhole:    %+v\nin parts: %+v", raw, whole, got)
		}
		if len(inParts.buf) > limits.Head {
			t.Fatalf("%d bytes are kept", len(inParts.buf))
		}
		if whole.head == "" {
			return
		}
		again := decode(new(HeadDecoder), [][]byte{write(&d.head)})
		if again.head != whole.head || again.rest != "" {
			t.Fatalf("%q\nread:    %+v\nwritten: %+v", raw, whole, again)
		}
		sameAsNetHTTP(t, raw, &d.head, len(raw)-len(whole.rest))
	})
}

// write puts a head on the wire as a client would.
func write(h *Head) []byte {
	version := " HTTP/1.0\r\n"
	if h.Minor == 1 {
		version = " HTTP/1.1\r\n"
	}
	out := slices.Concat(h.Method, []byte{' '}, h.Target, []byte(version))
	out, err := h.Fields.Append(out)
	if err != nil {
		panic(err)
	}
	return append(out, "\r\n"...)
}

// sameAsNetHTTP reads raw with net/http.ReadRequest and compares. These are the differences, with their reasons:
//
//   - An empty line before the request: RFC 9112 2.2 has a server skip it. In net/http its server does that, after a
//     POST, and ReadRequest does not.
//   - HTTP/1.2 to 1.9: here they show as 1.1 at once (RFC 9110 2.5).
//   - A percent-encoded ASCII character in the host of an absolute or authority target: in the grammar (RFC 3986 3.2.2),
//     but net/url refuses it. Other encoded characters it decodes in URL.Host; here the host stays as it was sent.
//   - A Trailer field that announces Content-Length, Transfer-Encoding or Trailer: net/http refuses it with the head.
//     Here trailers are the business of what reads the body.
//   - The path of an absolute URI without one: "" there, "/" here (RFC 9110 4.2.3), or "*" when the method is OPTIONS (RFC 9112 3.2.4).
//   - Host and Transfer-Encoding are taken out of the header there; they are compared where they have gone.
//
// All else that only one of the two takes is refused here.
func sameAsNetHTTP(t *testing.T, raw []byte, h *Head, n int) {
	t.Helper()
	if bytes.HasPrefix(raw, []byte("\r\n")) {
		raw, n = raw[2:], n-2
	}
	authority, _, _ := splitTarget(h.Target)
	if bytes.IndexByte(authority, '%') >= 0 || h.Chunked && h.Fields.Has("Trailer") {
		return
	}
	source := bytes.NewReader(raw)
	buffered := bufio.NewReader(source)
	r, err := nethttp.ReadRequest(buffered)
	if err != nil {
		t.Fatalf("net/http refuses %q: %v", raw, err)
	}
	if rest := source.Len() + buffered.Buffered(); len(raw)-rest != n {
		t.Errorf("%q: the head has %d bytes, for net/http %d", raw, n, len(raw)-rest)
	}
	if r.Method != string(h.Method) || r.RequestURI != string(h.Target) || r.ProtoMajor != 1 || min(r.ProtoMinor, 1) != h.Minor {
		t.Errorf("%q: request line %v", raw, show(h))
	}
	if r.ContentLength != h.ContentLength || (len(r.TransferEncoding) > 0) != h.Chunked {
		t.Errorf("%q: body of %d, %v; for net/http %d, %v", raw, h.ContentLength, h.Chunked, r.ContentLength, r.TransferEncoding)
	}
	if r.Host != string(h.Host()) {
		t.Errorf("%q: host %q, for net/http %q", raw, h.Host(), r.Host)
	}
	sameURL(t, r.URL, h)
	sameFields(t, r.Header, h.Fields)
}

func sameURL(t *testing.T, u *url.URL, h *Head) {
	t.Helper()
	path, err := url.PathUnescape(string(h.Path()))
	if err != nil {
		t.Errorf("path %q: %v", h.Path(), err)
	}
	if u.Path != path && (u.Path != "" || path != "/" && path != "*" || u.Host == "") {
		t.Errorf("path %q, for net/http %q", path, u.Path)
	}
	if u.RawQuery != string(h.Query()) {
		t.Errorf("query %q, for net/http %q", h.Query(), u.RawQuery)
	}
}

func sameFields(t *testing.T, header nethttp.Header, fields Fields) {
	t.Helper()
	want := nethttp.Header{}
	for _, f := range fields {
		name := textproto.CanonicalMIMEHeaderKey(string(f.Name))
		want[name] = append(want[name], string(f.Value))
	}
	delete(want, "Host")
	delete(want, "Transfer-Encoding")
	for name, values := range want {
		if !slices.Equal(header[name], values) {
			t.Errorf("%s: %q, for net/http %q", name, values, header[name])
		}
	}
	for name := range header {
		// Pragma: no-cache makes net/http add a Cache-Control of its own.
		if _, ok := want[name]; !ok && name != "Cache-Control" {
			t.Errorf("%s is in net/http's header only", name)
		}
	}
}

// TestDifferencesFromNetHTTP keeps the list above true: each is taken here and not, or not so, by net/http.
func TestDifferencesFromNetHTTP(t *testing.T) {
	for _, raw := range []string{
		"\r\nGET / HTTP/1.0\r\n\r\n",
		"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
		"GET http://%41/ HTTP/1.0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: Content-Length\r\n\r\n",
		"GET http://a HTTP/1.0\r\n\r\n",
	} {
		h, _, err := new(HeadDecoder).Decode([]byte(raw))
		if err != nil {
			t.Errorf("%q is refused: %v", raw, err)
			continue
		}
		r, err := nethttp.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err == nil && r.ProtoMinor == h.Minor && r.URL.Path == string(h.Path()) {
			t.Errorf("%q is the same to net/http", raw)
		}
	}
}

// FuzzFields: whatever is given to the appenders is refused or read back as it was, by this decoder and by net/http.
func FuzzFields(f *testing.F) {
	f.Add("Set-Cookie", "a=b; Path=/")
	f.Add("X", "a\r\nY: b")
	f.Add("X\r\nY", "")
	f.Add("", "\x00")
	f.Add("A:", "\tb ")
	f.Fuzz(func(t *testing.T, name, value string) {
		if strings.EqualFold(name, "Content-Length") || strings.EqualFold(name, "Transfer-Encoding") || strings.EqualFold(name, "Host") {
			return
		}
		out, err := AppendField([]byte("GET / HTTP/1.0\r\n"), name, value)
		if err != nil {
			if string(out) != "GET / HTTP/1.0\r\n" {
				t.Fatalf("on an error %q is appended", out)
			}
			return
		}
		raw := append(out, "\r\n"...)
		head, n, err := new(HeadDecoder).Decode(raw)
		if err != nil || n != len(raw) || len(head.Fields) != 1 {
			t.Fatalf("%q: %v, %v", raw, head, err)
		}
		if got := head.Fields[0]; string(got.Name) != name || string(got.Value) != strings.Trim(value, " \t") {
			t.Fatalf("%q: read back as %q, %q", raw, got.Name, got.Value)
		}
		sameAsNetHTTP(t, raw, head, n)
	})
}
