//go:build linux

package websocket

import (
	"errors"
	nethttp "net/http"
	"slices"
	"time"

	"fanloop/codec/http"
	"fanloop/engine"
)

// Handshake is a client's opening handshake as OnUpgrade sees it. It is valid until OnUpgrade returns.
type Handshake struct {
	// Upgrade has the request (Head: path, query, fields such as Origin and Cookie) and what the client offers.
	Upgrade
	// Subprotocol is the one that Server.Subprotocols leads to, "" for none. OnUpgrade may choose another that the client
	// offers.
	Subprotocol string
	// Fields go into the answer, such as Set-Cookie.
	Fields http.Fields
	// Forwarded is what a trusted proxy tells of the request (engine.ListenOptions.TrustedProxies): by which scheme, and for which host,
	// it was asked. It is empty when the peer is none. Whom it names is the connection's RemoteAddr.
	Forwarded http.Forwarded
	// Request is net/http's, with what the handlers in front have stored in its context, when the connection came through
	// ServeHTTP; otherwise nil.
	Request *nethttp.Request
}

var (
	errOrigin           = http.NewRefusal(403, "pages of this origin may not connect")
	errForbidden        = http.NewRefusal(403, "forbidden")
	errHandshakeTimeout = http.NewRefusal(408, "the opening handshake took too long")
	errInternal         = http.NewRefusal(500, "internal error")
	errMemory           = http.NewRefusal(503, "out of memory", http.NewField("Retry-After", "1"))
	errStopping         = http.NewRefusal(503, "the server stops")
)

// opening is the handler of a connection until its opening handshake is over: then session takes its place.
type opening struct {
	conn    *Conn
	head    http.HeadDecoder
	arrival *arrival // nil: the request is still to come
	told    http.Forwarded
	refused bool
}

func (o *opening) OnOpen(conn *engine.Conn) {
	if o.arrival != nil {
		o.open(o.arrival.head)
		return
	}
	limit := o.conn.server.handshakeTimeout()
	o.conn.timer = conn.Loop().After(limit, func() { o.refuse(errHandshakeTimeout, nil) })
}

func (o *opening) OnTraffic(conn *engine.Conn, p []byte) int {
	head, used, err := o.head.Decode(p)
	if err != nil {
		o.refuse(err, head)
		return len(p)
	}
	if head == nil {
		conn.NoteMemory(o.head.Buffered())
		return used
	}
	conn.NoteMemory(0)
	s := o.open(head)
	if s == nil {
		return len(p)
	}
	// What follows the handshake in the same packet is frames already.
	return used + s.OnTraffic(conn, p[used:])
}

// OnTooFast is what engine.CloseFast asks for.
func (o *opening) OnTooFast(*engine.Conn) { o.refuse(http.ErrTooFast, nil) }

func (o *opening) OnShutdown(*engine.Conn) { o.refuse(errStopping, nil) }

// OnClose is called when there has been no session.
func (o *opening) OnClose(*engine.Conn, error) {
	o.stopTimer()
	if !o.refused {
		o.conn.server.counters.unfinished.Add(1)
	}
}

// open answers the handshake; nil when that was a refusal.
func (o *opening) open(head *http.Head) *session {
	upgrade, err := CheckUpgrade(head)
	if err != nil {
		o.refuse(err, head)
		return nil
	}
	if err := o.hearProxies(head); err != nil {
		o.refuse(err, head)
		return nil
	}
	if !o.conn.server.Origins.AdmitsAt(head, o.told.Host) {
		o.conn.server.originsRefused.Add(1)
		o.refuse(errOrigin, head)
		return nil
	}
	h := Handshake{Upgrade: upgrade, Subprotocol: upgrade.Choose(o.conn.server.Subprotocols...), Forwarded: o.told}
	if o.arrival != nil {
		h.Request = o.arrival.request
	}
	if f := o.conn.server.OnUpgrade; f != nil {
		if err := f(o.conn, &h); err != nil {
			o.refuse(err, head)
			return nil
		}
	}
	accept := Accept{Subprotocol: h.Subprotocol, Fields: h.Fields}
	if o.conn.server.Compression {
		accept.Deflate, _ = upgrade.ChooseDeflate()
	}
	answer, err := AppendAccept(nil, upgrade, accept)
	if err != nil {
		o.unanswerable(err, head)
		return nil
	}
	return o.become(accept, answer)
}

// hearProxies makes the connection the client's own whom a trusted proxy names. The error is a refusal.
func (o *opening) hearProxies(head *http.Head) (err error) {
	conn := o.conn.conn
	proxies := conn.Proxies()
	if proxies == nil {
		return nil // or http.Server has heard them
	}
	if o.told, err = http.ReadForwarded(head.Fields, proxies); err != nil || !o.told.Client.IsValid() {
		return err
	}
	if conn.SetRemoteAddr(o.told.Client) != nil {
		return http.ErrAddressLimit
	}
	return nil
}

// become makes the connection a session.
func (o *opening) become(accept Accept, answer []byte) *session {
	c, s := o.conn, (*session)(o.conn)
	o.stopTimer()
	if c.conn.SendShared(answer) != nil {
		return nil // OnUpgrade closed it
	}
	c.conn.Keep()
	c.server.counters.opened.Add(1)
	c.subprotocol = accept.Subprotocol
	c.conn.SetHandler(s)
	c.conn.SetFormat(format)
	if accept.Deflate.agreed() {
		c.deflate = c.server.deflatingWith(accept.Deflate)
		c.conn.SetFormat(c.deflate.format)
	}
	s.sit()
	c.conn.AwaitAttach(c.server.BindTimeout)
	var returned bool
	defer s.tornUnless(&returned)
	if f := c.server.OnConnect; f != nil {
		f(c)
	}
	returned = true
	return s
}

// refuse answers with an HTTP status and closes.
func (o *opening) refuse(cause error, head *http.Head) {
	refusal, why := errForbidden, cause
	if errors.As(cause, &refusal) {
		cause = refusal
	}
	conn := o.conn.conn
	answer, err := appendDated(refusal, head, conn.Loop().Now())
	if err != nil {
		o.unanswerable(err, head)
		return
	}
	if !conn.Closing() {
		o.refused = true
		o.conn.server.noteRefused(conn.Loop().Logger(), conn.Log(), head, refusal, why)
	}
	_, _ = conn.Write(answer) // fails when the end has begun
	conn.CloseWith(cause)
}

// appendDated is a refusal with a Date, which every answer of a server with a clock has (RFC 9110 6.6.1).
func appendDated(r *http.Refusal, head *http.Head, now time.Time) ([]byte, error) {
	if r.Fields().Has("Date") {
		return r.Append(nil, head)
	}
	date := http.NewField("Date", now.UTC().Format(nethttp.TimeFormat))
	return http.NewRefusal(r.Status(), r.Reason(), append(slices.Clone(r.Fields()), date)...).Append(nil, head)
}

// unanswerable says that what OnUpgrade wants to answer is no HTTP.
func (o *opening) unanswerable(cause error, head *http.Head) {
	o.conn.conn.Loop().Logger().Error("websocket: OnUpgrade asked for an answer that cannot be sent", o.conn.Log(), "err", cause)
	o.refuse(errInternal, head)
}

func (o *opening) stopTimer() {
	if o.conn.timer != nil {
		o.conn.timer.Stop()
		o.conn.timer = nil
	}
}
