//go:build linux

package websocket

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	nethttp "net/http"
	"slices"
	"strconv"
	"time"

	"fanloop/codec/http"
	"fanloop/engine"
)

var (
	errOverTLS  = http.NewRefusal(501, "WebSockets are not served over TLS here: end TLS in front of this server")
	errOverHTTP = http.NewRefusal(505, "a WebSocket begins with HTTP/1.1")
)

// ServeHTTP makes the Server a handler of net/http too, beside others on the same port: it takes the connection over
// (http.Hijacker) and has Engine serve it, as if a listener of the engine's had accepted it. From then on net/http does not
// know the connection: its timeouts and its Shutdown do not touch it, the engine's do.
//
//	mux.Handle("/ws", &websocket.Server{Engine: eng, OnMessage: ...})
//
// The opening handshake is checked by the same rules, MaxHead's included, and a wrong one is refused through w. One that is
// right goes to the loop and to OnUpgrade, and ServeHTTP returns when that has returned.
//
// What has to be mended in the program is logged and answered: 500 without an Engine, and when the connection cannot be
// hijacked (http.TimeoutHandler and other wrappers of w, a listener that wraps its connections); 501 on a TLS connection, 505
// on HTTP/2. While the engine stops the answer is 503.
func (s *Server) ServeHTTP(w nethttp.ResponseWriter, r *nethttp.Request) {
	head, err := s.receive(r)
	if err != nil {
		s.writeRefusal(w, r, head, err)
		return
	}
	conn, buffered, err := hijack(w)
	if err != nil {
		s.logger().Error("websocket: a connection cannot be hijacked", "err", fmt.Errorf("%T: %w", w, err))
		s.writeRefusal(w, r, head, errInternal)
		return
	}
	ref, err := s.Engine.Adopt(conn, buffered, &arrival{s, r, head}, s.Adopted)
	if err != nil {
		s.giveUp(conn, head, err)
		return
	}
	// The request is net/http's, and its router's, who use it again: OnUpgrade has to be done with it.
	opened := make(chan struct{})
	if ref.Loop().Post(func() { close(opened) }) == nil {
		<-opened
	}
}

// receive is the request if it is an opening handshake that this server can answer.
func (s *Server) receive(r *nethttp.Request) (*http.Head, error) {
	switch {
	case s.Engine == nil:
		s.logger().Error("websocket: ServeHTTP has nobody to serve the connection", "err", errors.New("Server.Engine is nil"))
		return nil, errInternal
	case r.TLS != nil:
		s.logger().Error("websocket: a handshake came over TLS", "err", errOverTLS)
		return nil, errOverTLS
	case r.ProtoMajor != 1:
		return nil, errOverHTTP
	}
	head, err := headOf(r, s.MaxHead)
	if err != nil {
		return nil, err
	}
	_, err = CheckUpgrade(head)
	return head, err
}

// headOf writes the request as it came and reads it again, so that the rules and limits for heads hold here too. What would
// be read as something else, such as a line end in the target, is refused.
func headOf(r *nethttp.Request, limits http.Limits) (*http.Head, error) {
	target := cmp.Or(r.RequestURI, r.URL.RequestURI())
	raw, err := fieldsOf(r).Append(fmt.Appendf(nil, "%s %s HTTP/1.%d\r\n", r.Method, target, r.ProtoMinor))
	if err != nil {
		return nil, http.ErrFieldValue
	}
	decoder := http.HeadDecoder{Limits: limits}
	head, _, err := decoder.Decode(append(raw, "\r\n"...))
	if err == nil && string(head.Target) != target {
		err = http.ErrTarget
	}
	return head, err
}

// fieldsOf are the fields of the request, together with those that net/http keeps elsewhere.
func fieldsOf(r *nethttp.Request) (fields http.Fields) {
	if r.Host != "" {
		fields = append(fields, http.NewField("Host", r.Host))
	}
	switch {
	case r.ContentLength > 0:
		fields = append(fields, http.NewField("Content-Length", strconv.FormatInt(r.ContentLength, 10)))
	case r.ContentLength < 0:
		fields = append(fields, http.NewField("Transfer-Encoding", "chunked"))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		switch name {
		case "Host", "Content-Length", "Transfer-Encoding":
			continue
		}
		for _, value := range r.Header[name] {
			fields = append(fields, http.NewField(name, value))
		}
	}
	return fields
}

// hijack takes the connection, with what net/http has read of it behind the request.
func hijack(w nethttp.ResponseWriter) (net.Conn, []byte, error) {
	conn, buffer, err := nethttp.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	buffered, _ := buffer.Reader.Peek(buffer.Reader.Buffered()) // what is there needs no reading
	return conn, buffered, nil
}

// writeRefusal answers while the connection is still net/http's.
func (s *Server) writeRefusal(w nethttp.ResponseWriter, r *nethttp.Request, head *http.Head, err error) {
	refusal := errInternal
	errors.As(err, &refusal)
	s.noteRefused(s.logger(), slog.String("addr", r.RemoteAddr), head, refusal, err)
	for _, f := range refusal.Fields() {
		w.Header().Add(string(f.Name), string(f.Value))
	}
	if refusal.Fields().Has("Upgrade") {
		w.Header().Add("Connection", "Upgrade") // RFC 9110 7.8
	}
	nethttp.Error(w, refusal.Reason(), refusal.Status())
}

// giveUp answers on a connection that the engine does not take and net/http does not want back.
func (s *Server) giveUp(conn net.Conn, head *http.Head, cause error) {
	refusal := errStopping
	if cause != engine.ErrClosed {
		refusal = errInternal
		s.logger().Error("websocket: the engine cannot take a connection over", "err", cause)
	}
	s.noteRefused(s.logger(), slog.Any("addr", conn.RemoteAddr()), head, refusal, cause)
	refused, _ := appendDated(refusal, head, time.Now()) // the package's own
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = conn.Write(refused)
	_ = conn.Close()
}

// logger is where what the program has to mend is said.
func (s *Server) logger() *slog.Logger {
	if s.Engine == nil {
		return slog.Default()
	}
	return s.Engine.Home().Logger()
}

// arrival is a request that net/http has read, on its way to the loop.
type arrival struct {
	server  *Server
	request *nethttp.Request
	head    *http.Head
}

func (a *arrival) Serve(conn *engine.Conn) engine.Handler {
	o := a.server.opening(conn)
	o.arrival = a
	return o
}
