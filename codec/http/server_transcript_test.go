//go:build linux

package http

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"fanloop/engine"
	"fanloop/internal/cut"
)

// cutting is a Server whose connections get their input cut at widths, whatever the network made of it.
type cutting struct {
	*Server
	widths []byte
}

func (c *cutting) Serve(conn *engine.Conn) engine.Handler {
	return &cutSession{c.Server.Serve(conn).(*session), c}
}

type cutSession struct {
	*session
	by *cutting
}

func (s *cutSession) OnTraffic(conn *engine.Conn, p []byte) (used int) {
	for _, piece := range cut.At(p, s.by.widths) {
		n := s.session.OnTraffic(conn, piece)
		if used += n; n < len(piece) {
			break
		}
	}
	return used
}

// transcript sends raw and the end, and writes down what comes back: each answer as status, body, trailers and whether it
// is the last, then how the connection ended. methods are those of the requests; GET when there are no more.
func transcript(t testing.TB, addr net.Addr, raw string, methods ...string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, raw); err != nil {
		return "broken while sending"
	}
	_ = c.(*net.TCPConn).CloseWrite()
	var b strings.Builder
	for r := bufio.NewReader(c); ; {
		method := "GET"
		if len(methods) > 0 {
			method, methods = methods[0], methods[1:]
		}
		if _, err := r.Peek(1); err != nil {
			if err != io.EOF {
				b.WriteString("broken")
			}
			return b.String()
		}
		res, err := nethttp.ReadResponse(r, &nethttp.Request{Method: method})
		if err != nil {
			return b.String() + err.Error()
		}
		body, err := io.ReadAll(res.Body)
		fmt.Fprintf(&b, "%d %s", res.StatusCode, body)
		if err != nil {
			fmt.Fprintf(&b, " (%v)", err)
		}
		for name, values := range res.Trailer {
			fmt.Fprintf(&b, " [%s: %s]", name, values)
		}
		if res.Close {
			b.WriteString(" close")
		}
		b.WriteString("\n")
	}
}

// mixed has handlers of every kind.
func mixed() *Server {
	s := &Server{OnRequest: tell}
	s.Handle("/later", func(x *Exchange) {
		said := fmt.Sprintf("later %s %q", x.Head().Target, x.Body())
		_ = x.Loop().Post(func() { _ = x.Respond(200, nil, []byte(said)) })
	})
	s.Handle("/reply", func(x *Exchange) {
		r := x.Reply()
		go func() { _ = r.Send(202, Fields{NewField("A", "b")}, []byte("reply")) }()
	})
	s.Handle("/at-once", func(x *Exchange) { _ = x.Reply().Send(202, nil, []byte("at once")) })
	s.Handle("/stream", func(x *Exchange) {
		st, err := x.Stream(200, nil)
		if err != nil {
			return
		}
		_, _ = st.Write([]byte("one,"))
		_ = x.Loop().Post(func() {
			_, _ = st.Write(nil)
			_, _ = st.Write([]byte("two"))
			_ = st.CloseWith(Fields{NewField("T", "v")})
		})
	})
	s.Handle("/length", func(x *Exchange) {
		st, err := x.StreamLength(200, nil, 6)
		if err != nil {
			return
		}
		_, _ = st.Write([]byte("one"))
		_ = x.Loop().Post(func() {
			_, _ = st.Write([]byte("two"))
			_ = st.Close()
		})
	})
	s.Handle("/none", func(x *Exchange) { _ = x.Respond(204, nil, []byte("unsent")) })
	s.Handle("/same", func(x *Exchange) { _ = x.Respond(304, nil, []byte("unsent")) })
	s.Handle("/again", func(x *Exchange) { _ = x.Respond(205, nil, []byte("unsent")) })
	s.Handle("/again-in-pieces", func(x *Exchange) {
		if st, err := x.Stream(205, nil); err == nil {
			_, _ = st.Write([]byte("unsent"))
			_ = st.Close()
		}
	})
	s.Handle("/trailers", func(x *Exchange) { _ = x.Respond(200, nil, []byte(showFields(x.Trailers()))) })
	s.addRoute("/early", destination{open: func(x *Exchange) { _ = x.Respond(200, nil, []byte("early")) }})
	s.Handle("/bad", func(x *Exchange) {
		err := errors.Join(x.Respond(200, Fields{NewField("A", "b\r\nc")}, nil), x.Respond(99, nil, nil),
			x.Respond(600, nil, nil), x.Respond(200, Fields{NewField("content-length", "5")}, nil))
		_ = x.Respond(200, nil, []byte(err.Error()))
	})
	return s
}

func old(path string) string { return "GET " + path + " HTTP/1.0\r\n\r\n" }

var transcripts = []struct {
	name, raw, want string
	methods         []string
}{
	{"nothing", "", "", nil},
	{"one", get("/a"), "200 GET /a \"\"\n", nil},
	{"an empty line before", "\r\n" + get("/a"), "200 GET /a \"\"\n", nil},
	{"an empty line behind a body", post("/a", "b") + "\r\n" + get("/c"), "200 POST /a \"b\"\n200 GET /c \"\"\n", nil},
	{"any method", "BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", "200 BREW /pot \"\"\n", nil},
	{"absolute", "GET http://b/c?d HTTP/1.1\r\nHost: a\r\n\r\n", "200 GET http://b/c?d \"\"\n", nil},
	{"mixed", get("/a") + post("/later", "b") + get("/stream") + get("/none") + get("/reply") + post("/c", "d") + get("/at-once") + get("/length"),
		"200 GET /a \"\"\n200 later /later \"b\"\n200 one,two [T: [v]]\n204 \n202 reply\n200 POST /c \"d\"\n202 at once\n200 onetwo\n", nil},
	{"later ones first", get("/later") + get("/later") + get("/stream") + get("/stream") + get("/a"),
		"200 later /later \"\"\n200 later /later \"\"\n200 one,two [T: [v]]\n200 one,two [T: [v]]\n200 GET /a \"\"\n", nil},
	{"no bodies", get("/none") + get("/same") + get("/again") + get("/again-in-pieces") + get("/a"),
		"204 \n304 \n205 \n205 \n200 GET /a \"\"\n", nil},
	{"HEAD", "HEAD /a HTTP/1.1\r\nHost: a\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: a\r\n\r\nHEAD /length HTTP/1.1\r\nHost: a\r\n\r\n" + get("/b"),
		"200 \n200 \n200 \n200 GET /b \"\"\n", []string{"HEAD", "HEAD", "HEAD", "GET"}},

	{"chunked", "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n" + get("/b"),
		"200 POST /a \"abcde\"\n200 GET /b \"\"\n", nil},
	{"trailers", "POST /trailers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nT: v\r\nU: w\r\n\r\n" + get("/trailers"),
		"200 T=v\nU=w\n\n200 \n", nil},
	{"early", post("/early", "hello") + get("/a"), "200 early\n200 GET /a \"\"\n", nil},
	{"early, chunked", "POST /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + get("/a"), "200 early\n200 GET /a \"\"\n", nil},

	{"close", "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get("/b"), "200 GET /a \"\" close\n", nil},
	{"close in a list", "GET /a HTTP/1.1\r\nHost: a\r\nconnection: x, CLOSE ,y\r\n\r\n" + get("/b"), "200 GET /a \"\" close\n", nil},
	{"close, answered later", "GET /later HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get("/b"), "200 later /later \"\" close\n", nil},
	{"close behind others", get("/later") + "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get("/b"), "200 later /later \"\"\n200 GET /a \"\" close\n", nil},
	{"close, streamed", "GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "200 one,two [T: [v]] close\n", nil},
	{"1.0", old("/a") + get("/b"), "200 GET /a \"\" close\n", nil},
	{"1.0 keeps alive", "GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" + old("/b"), "200 GET /a \"\"\n200 GET /b \"\" close\n", nil},
	{"1.0, streamed to the end", "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + old("/b"), "200 one,two close\n", nil},
	{"1.0, streamed with a length", "GET /length HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + old("/b"), "200 onetwo\n200 GET /b \"\" close\n", nil},
	{"upgrade that nobody wants", "GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + get("/b"), "200 GET /a \"\"\n200 GET /b \"\"\n", nil},

	{"expect in 1.0", "POST /a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", "200 POST /a \"x\" close\n", nil},
	{"expect without a body", "GET /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", "200 GET /a \"\"\n", nil},
	{"expect in a list", "GET /a HTTP/1.1\r\nHost: a\r\nExpect: , 100-Continue ,\r\n\r\n", "200 GET /a \"\"\n", nil},
	{"no expectation", "POST /a HTTP/1.1\r\nHost: a\r\nExpect:\r\nContent-Length: 1\r\n\r\nx", "200 POST /a \"x\"\n", nil},
	{"another expectation in a list", "GET /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, miracles\r\n\r\n", "417 unknown expectation\n close\n", nil},
	{"another expectation", "GET /a HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n" + get("/b"), "417 unknown expectation\n close\n", nil},

	{"what cannot be sent", get("/bad") + get("/b"), "200 http: field cannot be sent\nhttp: status code cannot be sent\nhttp: status code cannot be sent\nhttp: field is the codec's own\n200 GET /b \"\"\n", nil},
	{"a panic", get("/a") + get("/panic") + get("/b"), "200 GET /a \"\"\n500 Internal Server Error\n close\n", nil},
	{"a refusal behind others", get("/later") + get("/stream") + "bad\r\n\r\n" + get("/b"), "200 later /later \"\"\n200 one,two [T: [v]]\n400 malformed request line\n close\n", nil},
	{"a body cut off", get("/a") + "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", "200 GET /a \"\"\n400 the request is incomplete\n close\n", nil},
	{"a head cut off", get("/a") + "GET /b HTTP/1.1\r\nHo", "200 GET /a \"\"\n", nil},
	{"CONNECT", "CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n", "200 CONNECT b:443 \"\"\n", []string{"POST"}},
	{"UTF-8 in the target", get("/online/使用者1?q=é"), "200 GET /online/使用者1?q=é \"\"\n", nil},
	{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" + get("/a"), "200 \n200 GET /a \"\"\n", nil},
}

func TestServerTranscripts(t *testing.T) {
	c := &cutting{Server: mixed()}
	c.Handle("/panic", func(*Exchange) { panic("on purpose") })
	w := serve(t, c.Server)
	ln, err := w.Listen("127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range transcripts {
		t.Run(test.name, func(t *testing.T) {
			if got := transcript(t, w.addr, test.raw, test.methods...); got != test.want {
				t.Fatalf("whole:\n%s\nwant:\n%s", got, test.want)
			}
			if test.name == "a panic" {
				return // its goodbye asks for the handler, which is another one where input is cut
			}
			each := func(widths ...byte) {
				await(t, w.Engine, func() { c.widths = widths })
				if got := transcript(t, ln.Addr(), test.raw, test.methods...); got != test.want {
					t.Errorf("cut at %v:\n%s\nwant:\n%s", widths, got, test.want)
				}
			}
			each(1)
			for i := range min(len(test.raw), 250) {
				each(byte(i+1), 255, 255, 255)
			}
		})
	}
}
