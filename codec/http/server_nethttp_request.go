//go:build linux

package http

import (
	"net"
	nethttp "net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// request makes the request that the handler gets, of one copy of the head. The error is of a target that net/url does not
// take.
func (c *call) request() (*nethttp.Request, error) {
	x := c.exchange
	text := string(x.in.kept)
	cut := func(n int) (part string) {
		part, text = text[:n], text[n:]
		return part
	}
	r := nethttp.Request{
		Method: cut(len(x.head.Method)), RequestURI: cut(len(x.head.Target)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: x.head.Minor,
		ContentLength: x.head.ContentLength, Body: nethttp.NoBody, RemoteAddr: addressText(x.RemoteAddr()),
	}
	u, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return nil, err
	}
	r.URL = u
	r.Header = make(nethttp.Header, len(x.head.Fields))
	values := make([]string, len(x.head.Fields))
	for i := range x.head.Fields {
		f := &x.head.Fields[i]
		name := textproto.CanonicalMIMEHeaderKey(cut(len(f.Name)))
		values[i] = cut(len(f.Value))
		if r.Header[name] == nil {
			r.Header[name] = values[i : i+1 : i+1]
		} else {
			r.Header[name] = append(r.Header[name], values[i])
		}
	}
	c.refine(&r)
	out := r.WithContext(c.context.Context)
	c.reader.request = out
	if x.pattern != nil {
		out.Pattern = x.pattern.text
		for _, name := range x.pattern.names {
			if name != "" {
				out.SetPathValue(name, x.PathValue(name))
			}
		}
	}
	return out, nil
}

// refine does to the fields what net/http does.
func (c *call) refine(r *nethttp.Request) {
	head := &c.exchange.head
	if head.Minor == 0 {
		r.Proto = "HTTP/1.0"
	}
	if r.Host = r.URL.Host; r.Host == "" {
		r.Host = r.Header.Get("Host")
	}
	delete(r.Header, "Host")
	r.Close = !persists(head)
	if head.HasBody() {
		r.Body = &c.reader
	}
	if lengths := r.Header["Content-Length"]; len(lengths) > 1 {
		r.Header["Content-Length"] = lengths[:1] // they are the same
	}
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
