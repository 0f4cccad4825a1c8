//go:build linux

package http

import (
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/http/pprof"
	"net/url"
	"runtime"
	"strings"
	"testing"
)

func TestMount(t *testing.T) {
	s := &Server{}
	s.Mount("GET /items/{id}/{rest...}", nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		fmt.Fprintf(w, "%s: %s %s", r.Pattern, r.PathValue("id"), r.PathValue("rest"))
	}))
	s.Mount("/debug/pprof/", nethttp.HandlerFunc(pprof.Index))
	s.Mount("/address", nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		local := r.Context().Value(nethttp.LocalAddrContextKey).(net.Addr)
		fmt.Fprint(w, r.RemoteAddr, " ", local)
	}))
	s.Handle("/loop", tell)
	w := serve(t, s)
	c := w.dial()
	c.send(get("/items/a%2Fb/c/d%20e"), get("/loop"), get("/address"))
	c.want(200, "GET /items/{id}/{rest...}: a/b c/d e")
	c.want(200, `GET /loop ""`)
	c.want(200, c.LocalAddr().String()+" "+w.addr.String())
	c.send(get("/debug/pprof/goroutine?debug=1"))
	res, err := nethttp.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(res.Body); !strings.Contains(string(body), "goroutine profile") || err != nil {
		t.Errorf("pprof: %.100s, %v", body, err)
	}
}

// Pipelined requests are handled one after the other, and answered in order.
func TestMountPipelined(t *testing.T) {
	running, n := 0, 0
	w := mounted(t, &Server{}, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if running++; running > 1 {
			t.Error("two at once")
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%d %s %s", n, r.URL.Path, body)
		n++
		running--
	})
	c := w.dial()
	var sent strings.Builder
	for i := range 100 {
		sent.WriteString(get(fmt.Sprint("/", i)))
		sent.WriteString(post("/body", fmt.Sprint(i)))
	}
	go c.send(sent.String())
	for i := range 100 {
		c.want(200, fmt.Sprintf("%d /%d ", 2*i, i))
		c.want(200, fmt.Sprintf("%d /body %d", 2*i+1, i))
	}
}

// A handler of somebody else's: a reverse proxy, which streams both ways and copies trailers.
func TestMountReverseProxy(t *testing.T) {
	behind := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		w.Header().Set("Trailer", "Sum")
		n, err := io.Copy(w, r.Body)
		w.Header().Set("Sum", fmt.Sprint(n, err))
	}))
	defer behind.Close()
	to, _ := url.Parse(behind.URL)
	w := mounted(t, &Server{}, httputil.NewSingleHostReverseProxy(to).ServeHTTP)
	c := w.dial()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
	if res := c.want(200, "hello"); res.Trailer.Get("Sum") != "5 <nil>" {
		t.Errorf("trailers %v", res.Trailer)
	}
}

// Where net/http lets a handler break the protocol, ours does not: 205 has no body (RFC 9110 15.3.6), and Connection names Upgrade (7.8).
func TestMountStricter(t *testing.T) {
	w := mounted(t, &Server{}, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if r.URL.Path == "/205" {
			w.WriteHeader(205)
			fmt.Fprint(w, "unsent")
			return
		}
		w.Header().Set("Upgrade", "other")
		w.WriteHeader(426)
	})
	c := w.dial()
	c.send(get("/205") + get("/426"))
	if res := c.want(205, ""); res.ContentLength != 0 {
		t.Errorf("a body of %d bytes", res.ContentLength)
	}
	if res := c.want(426, ""); res.Header.Get("Connection") != "Upgrade" {
		t.Errorf("Connection: %q", res.Header.Values("Connection"))
	}
}

func TestMountPanics(t *testing.T) {
	s := &Server{Workers: 1}
	w := mounted(t, s, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		switch r.URL.Path {
		case "/late":
			_ = nethttp.NewResponseController(w).Flush()
			panic("late")
		case "/abort":
			panic(nethttp.ErrAbortHandler)
		case "/exit":
			runtime.Goexit()
		case "/status":
			w.WriteHeader(99)
		case "/":
			return
		}
		fmt.Fprint(w, "is not sent")
		panic("early")
	})
	for _, path := range []string{"/early", "/exit", "/status"} {
		c := w.dial()
		c.send(get(path))
		if res := c.want(500, "Internal Server Error\n"); !res.Close {
			t.Error("the connection stays open")
		}
		c.wantEnd()
	}
	c := w.dial()
	c.send(get("/late"))
	if res, err := nethttp.ReadResponse(c.r, nil); err == nil {
		if _, err = io.ReadAll(res.Body); err == nil {
			t.Error("an answer that was broken off looks whole")
		}
	}
	c = w.dial()
	c.send(get("/abort"))
	if res, err := nethttp.ReadResponse(c.r, nil); err == nil {
		t.Errorf("answered with %s", res.Status)
	}
	c = w.dial()
	c.send(get("/"))
	c.want(200, "")
	if st := s.Stats(); st.Panics != 4 {
		t.Errorf("%d panics", st.Panics)
	}
}

// What a handler keeps is of no use after its return, and does no harm.
func TestMountKept(t *testing.T) {
	var kept nethttp.ResponseWriter
	var body io.Reader
	w := mounted(t, &Server{}, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if kept == nil {
			kept, body = w, r.Body
			fmt.Fprint(w, "first")
			return
		}
		kept.WriteHeader(500)
		_, err := io.WriteString(kept, "from the first")
		flush := kept.(interface{ FlushError() error }).FlushError()
		_, read := body.Read(make([]byte, 1))
		fmt.Fprint(w, err, flush, read)
	})
	c := w.dial()
	c.send(post("/", "body"), get("/"))
	c.want(200, "first")
	c.want(200, fmt.Sprint(errReturned, errReturned, nethttp.ErrBodyReadAfterClose))
}
