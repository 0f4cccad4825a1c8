//go:build linux

package http

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// mounted is a server with one handler on every path.
func mounted(t testing.TB, s *Server, h nethttp.HandlerFunc) *world {
	s.Mount("/", h)
	return serve(t, s)
}

// answerTo is what comes back for raw bytes, in words that do not depend on time or on the order of fields.
func answerTo(t *testing.T, addr, raw string) string {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, raw); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(raw, " ")
	r := bufio.NewReader(c)
	var out strings.Builder
	for out.Len() < 1<<16 {
		res, err := nethttp.ReadResponse(r, &nethttp.Request{Method: method})
		if err != nil {
			return out.String() + errors.Unwrap(fmt.Errorf("no answer: %w", err)).Error()
		}
		body, err := io.ReadAll(res.Body)
		if res.Header.Get("Date") != "" {
			res.Header.Set("Date", "now")
		}
		if res.Close {
			res.Header.Del("Connection") // ReadResponse has, for HTTP/1.1
		}
		res.Close = res.Close && res.StatusCode >= 200 // before that it is not for this hop to say
		var lines []string
		for name, values := range res.Header {
			lines = append(lines, fmt.Sprintf("%s: %q", name, values))
		}
		slices.Sort(lines)
		fmt.Fprintf(&out, "%d %s length %d %v close %v trailer %v\n%q %v\n", res.StatusCode, lines, res.ContentLength, res.TransferEncoding, res.Close, res.Trailer, body, err)
		if res.StatusCode >= 200 {
			break
		}
	}
	return out.String()
}

// files is what the file server shows.
var files = fstest.MapFS{
	"index.html":   {Data: []byte("<p>hello"), ModTime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
	"big.txt":      {Data: []byte(strings.Repeat("0123456789", 20_000)), ModTime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
	"dir/file.bin": {Data: []byte{0, 1, 2, 3}},
}

var sameHandlers = map[string]nethttp.HandlerFunc{
	"/nothing": func(nethttp.ResponseWriter, *nethttp.Request) {},
	"/hello":   func(w nethttp.ResponseWriter, _ *nethttp.Request) { _, _ = io.WriteString(w, "hello, world") },
	"/html":    func(w nethttp.ResponseWriter, _ *nethttp.Request) { fmt.Fprint(w, "<!doctype html><p>hello") },
	"/2048":    func(w nethttp.ResponseWriter, _ *nethttp.Request) { fmt.Fprint(w, strings.Repeat("a", 2048)) },
	"/2049":    func(w nethttp.ResponseWriter, _ *nethttp.Request) { fmt.Fprint(w, strings.Repeat("a", 2049)) },
	"/pieces": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		for i := range 3000 {
			fmt.Fprintf(w, "%d ", i)
		}
	},
	"/long": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		n, err := w.Write(make([]byte, 1_000_000))
		if n != 1_000_000 || err != nil {
			panic(err)
		}
	},
	"/length": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Content-Length", "5")
		n, err := io.WriteString(w, "12345")
		_, more := io.WriteString(w, "6")
		fmt.Fprint(w, n, err, more)
	},
	"/short": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Content-Length", "9")
		fmt.Fprint(w, "12345")
	},
	"/status": func(w nethttp.ResponseWriter, _ *nethttp.Request) { w.WriteHeader(418); fmt.Fprint(w, "tea") },
	"/twice":  func(w nethttp.ResponseWriter, _ *nethttp.Request) { w.WriteHeader(201); w.WriteHeader(500) },
	"/204": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Content-Length", "7")
		w.WriteHeader(204)
		if _, err := io.WriteString(w, "x"); err != nethttp.ErrBodyNotAllowed {
			panic(err)
		}
	},
	"/304": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Content-Type", "a/b")
		w.Header().Set("ETag", `"x"`)
		w.WriteHeader(304)
	},
	"/flush": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.(nethttp.Flusher).Flush()
		fmt.Fprint(w, "behind")
	},
	"/flushed": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		fmt.Fprint(w, "before")
		_ = nethttp.NewResponseController(w).Flush()
		w.Header().Set("Late", "yes")
	},
	"/fields": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		h := w.Header()
		h["Multi"] = []string{"a", "b"}
		h.Set("Split", "a\r\nEvil: yes")
		h.Set("Blank", "  x  ")
		h["bad name"] = []string{"x"}
		h["lower"] = []string{"x"}
		h.Set("Date", "mine")
		h.Set("Content-Type", "")
		fmt.Fprint(w, "<html>")
	},
	"/notype": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header()["Content-Type"] = nil
		fmt.Fprint(w, "<html>")
	},
	"/encoded": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Content-Encoding", "br")
		fmt.Fprint(w, "<html>")
	},
	"/close": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Connection", "close")
		fmt.Fprint(w, "bye")
	},
	"/chunked": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Transfer-Encoding", "chunked")
		fmt.Fprint(w, "<p>")
	},
	"/redirect": func(w nethttp.ResponseWriter, r *nethttp.Request) {
		nethttp.Redirect(w, r, "../there?a=b", nethttp.StatusFound)
	},
	"/error": func(w nethttp.ResponseWriter, _ *nethttp.Request) { nethttp.Error(w, "no", nethttp.StatusForbidden) },
	"/early": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Link", "</a.css>; rel=preload")
		w.WriteHeader(103)
		w.Header().Set("More", "yes")
		w.WriteHeader(102)
		fmt.Fprint(w, "after")
	},
	"/trailers": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Trailer", "Sum, Unset, Content-Length")
		fmt.Fprint(w, "body")
		w.Header().Set("Sum", "7")
		w.Header().Set(nethttp.TrailerPrefix+"Own", "8")
	},
	"/echo": func(w nethttp.ResponseWriter, r *nethttp.Request) {
		body, err := io.ReadAll(r.Body)
		var lines []string
		for name, values := range r.Header {
			lines = append(lines, fmt.Sprintf("%s: %q", name, values))
		}
		slices.Sort(lines)
		_, again := r.Body.Read(make([]byte, 1))
		fmt.Fprintf(w, "%s %s %q %q %q %s %d.%d host %q\n%s\nlength %d %v close %v\n%q %v %v\ntrailer %v, form %v",
			r.Method, r.RequestURI, r.URL.Path, r.URL.RawPath, r.URL.RawQuery, r.Proto, r.ProtoMajor, r.ProtoMinor, r.Host,
			lines, r.ContentLength, r.TransferEncoding, r.Close, body, err, again, r.Trailer, r.Form)
	},
	"/form": func(w nethttp.ResponseWriter, r *nethttp.Request) {
		fmt.Fprint(w, r.FormValue("a"), r.PostFormValue("b"), r.Form)
	},
	"/most": func(w nethttp.ResponseWriter, r *nethttp.Request) {
		_, err := io.ReadAll(nethttp.MaxBytesReader(w, r.Body, 4))
		nethttp.Error(w, fmt.Sprint(err), nethttp.StatusRequestEntityTooLarge)
	},
	"/unread": func(w nethttp.ResponseWriter, _ *nethttp.Request) { fmt.Fprint(w, "did not look") },
	"/closed": func(w nethttp.ResponseWriter, r *nethttp.Request) {
		_ = r.Body.Close()
		_, err := r.Body.Read(make([]byte, 1))
		fmt.Fprint(w, err)
	},
	"/files/": nethttp.StripPrefix("/files", nethttp.FileServerFS(files)).ServeHTTP,
	"/content": func(w nethttp.ResponseWriter, r *nethttp.Request) {
		w.Header().Set("ETag", `"v1"`)
		nethttp.ServeContent(w, r, "a.txt", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), strings.NewReader("0123456789"))
	},
	"/timeout": nethttp.TimeoutHandler(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		fmt.Fprint(w, "in time")
	}), time.Minute, "late").ServeHTTP,
}

const behind = " HTTP/1.1\r\nHost: h.example:81\r\nConnection: close\r\n"

var sameRequests = []string{
	"POST /echo" + behind + "Content-Length: 5\r\n\r\nhello",
	"POST /echo?a=b&c" + behind + "Transfer-Encoding: chunked\r\nTrailer: Sum, Other\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nSum: 7\r\nMore: 8\r\n\r\n",
	"PUT /echo/%2F/a%20b" + behind + "X: 1\r\nx: 2\r\nPragma: no-cache\r\naccept-LANGUAGE: de\r\nContent-Length: 0\r\n\r\n",
	"GET http://other.example/echo" + behind + "\r\n",
	"GET /echo HTTP/1.0\r\n\r\n",
	"BREW /echo" + behind + "Content-Length: 0\r\n\r\n",
	"GET /echo?%zz" + behind + "\r\n",
	"POST /form?a=1" + behind + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\nb=2&c=3",
	"POST /most" + behind + "Content-Length: 10\r\n\r\n0123456789",
	"POST /unread" + behind + "Content-Length: 10\r\n\r\n0123456789",
	"POST /closed" + behind + "Content-Length: 10\r\n\r\n0123456789",
	"GET /2049 HTTP/1.0\r\n\r\n",
	"GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	"GET /flush HTTP/1.0\r\n\r\n",
	"GET /files/" + behind + "\r\n",
	"GET /files/big.txt" + behind + "\r\n",
	"HEAD /files/big.txt" + behind + "\r\n",
	"GET /files/big.txt" + behind + "Range: bytes=10-19\r\n\r\n",
	"GET /files/big.txt" + behind + "Range: bytes=-5\r\n\r\n",
	"GET /files/big.txt" + behind + "Range: bytes=900000-\r\n\r\n",
	"GET /files/big.txt" + behind + "If-Modified-Since: Fri, 02 Jan 2026 03:04:05 GMT\r\n\r\n",
	"GET /files/dir" + behind + "\r\n",
	"GET /files/dir/" + behind + "\r\n",
	"GET /files/dir/file.bin" + behind + "\r\n",
	"GET /files/none" + behind + "\r\n",
	"GET /content" + behind + "If-None-Match: \"v1\"\r\n\r\n",
	"GET /content" + behind + "If-Match: \"v2\"\r\n\r\n",
	"GET /content" + behind + "If-Range: \"v1\"\r\nRange: bytes=3-4\r\n\r\n",
	"GET /content" + behind + "If-Range: \"v2\"\r\nRange: bytes=3-4\r\n\r\n",
}

// The same handlers answer the same requests with the same bytes, in all that counts, as on net/http's own server. These are
// left out, in which the two differ:
//
//   - Our status lines say HTTP/1.1 also to HTTP/1.0 (RFC 9110 2.5), and it gets no 1xx (RFC 9110 15.2).
//   - Of keep-alive and close in one request, close counts (RFC 9112 9.3).
//   - What HeadDecoder refuses never comes to a handler.
//   - A Content-Length of the handler's that is no number does not keep the true one from being told.
//   - A handler's panic is answered with 500, if it can be, where net/http only closes.
//   - Status codes from 600 on, which no protocol has, panic as those below 100 do; so does 101, for Hijack is not there.
//   - 205 has no body (RFC 9110 15.3.6), and with an Upgrade comes Connection: Upgrade (RFC 9110 7.8).
func TestNetHTTPSame(t *testing.T) {
	mux := nethttp.NewServeMux()
	requests := slices.Clone(sameRequests)
	for path, h := range sameHandlers {
		if !strings.HasSuffix(path, "/") {
			mux.Handle(path+"/", h)
			for _, method := range []string{"GET ", "HEAD "} {
				requests = append(requests, method+path+behind+"\r\n")
			}
		}
		mux.Handle(path, h)
	}
	theirs := httptest.NewUnstartedServer(mux)
	theirs.Config.ErrorLog = log.New(io.Discard, "", 0)
	theirs.Start()
	defer theirs.Close()
	ours := mounted(t, &Server{}, mux.ServeHTTP)
	for _, raw := range requests {
		want := answerTo(t, theirs.Listener.Addr().String(), raw)
		if got := answerTo(t, ours.addr.String(), raw); got != want {
			t.Errorf("%q\ngot  %.2000s\nwant %.2000s", raw, got, want)
		}
	}
}
