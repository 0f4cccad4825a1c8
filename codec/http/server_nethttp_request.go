//go:build linux

package http

import (
	"net"
	nethttp "net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// request makes the request that the handler gets. The error is of a target that net/url does not take.
func (c *call) request() (*nethttp.Request, error) {
	x := c.exchange
	r, err := makeRequest(&x.head, string(x.in.kept))
	if err != nil {
		return nil, err
	}
	if x.head.HasBody() {
		r.Body = &c.reader
	}
	r.RemoteAddr, r.TLS = addressText(x.RemoteAddr()), c.tls
	r = r.WithContext(c.context.Context)
	c.reader.request = r
	if x.pattern == nil {
		return r, nil
	}
	r.Pattern = x.pattern.text
	for _, name := range x.pattern.names {
		if name != "" {
			r.SetPathValue(name, x.PathValue(name))
		}
	}
	return r, nil
}

// makeRequest makes the request of a head, as net/http would, but for its body. text is what copyTo has made of the head: all
// strings are parts of it.
func makeRequest(head *Head, text string) (*nethttp.Request, error) {
	cut := func(n int) (part string) {
		part, text = text[:n], text[n:]
		return part
	}
	r := &nethttp.Request{
		Method: cut(len(head.Method)), RequestURI: cut(len(head.Target)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: head.Minor,
		ContentLength: head.ContentLength, Body: nethttp.NoBody, Close: !persists(head),
	}
	if head.Minor == 0 {
		r.Proto = "HTTP/1.0"
	}
	var err error
	if r.URL, err = url.ParseRequestURI(r.RequestURI); err != nil {
		return nil, err
	}
	r.Header = make(nethttp.Header, len(head.Fields))
	values := make([]string, len(head.Fields))
	for i := range head.Fields {
		f := &head.Fields[i]
		name := textproto.CanonicalMIMEHeaderKey(cut(len(f.Name)))
		values[i] = cut(len(f.Value))
		if r.Header[name] == nil {
			r.Header[name] = values[i : i+1 : i+1]
		} else {
			r.Header[name] = append(r.Header[name], values[i])
		}
	}
	refine(r, head)
	return r, nil
}

// refine does to the fields what net/http does.
func refine(r *nethttp.Request, head *Head) {
	if r.Host = r.URL.Host; r.Host == "" {
		r.Host = r.Header.Get("Host")
	}
	delete(r.Header, "Host")
	if head.Chunked {
		r.TransferEncoding = []string{"chunked"}
		delete(r.Header, "Transfer-Encoding")
		announceTrailers(r)
	}
	if p := r.Header["Pragma"]; len(p) > 0 && p[0] == "no-cache" && r.Header["Cache-Control"] == nil {
		r.Header["Cache-Control"] = []string{"no-cache"}
	}
}

// announceTrailers moves the names that Trailer tells to where their values will be.
func announceTrailers(r *nethttp.Request) {
	lines, ok := r.Header["Trailer"]
	if !ok {
		return
	}
	delete(r.Header, "Trailer")
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			name = textproto.CanonicalMIMEHeaderKey(textproto.TrimString(name))
			if name == "" || isReserved([]byte(name)) || name == "Trailer" {
				continue
			}
			if r.Trailer == nil {
				r.Trailer = nethttp.Header{}
			}
			r.Trailer[name] = nil
		}
	}
}

func addressText(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().String()
	}
	return a.String()
}
