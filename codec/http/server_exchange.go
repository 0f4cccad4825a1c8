//go:build linux

package http

import (
	"net"
	"net/netip"

	"fanloop/engine"
)

// Exchange is a request and its answer. It belongs to its connection's loop: its methods are to be called there only, inside
// callbacks, timers and posted tasks; a Reply is what other goroutines may hold.
//
// One that is answered before its handler returns serves another request afterwards, and is not to be kept. One that is to
// be answered later is the handler's own for good. After the connection has closed, what answers returns engine.ErrClosed.
type Exchange struct {
	session *session
	next    *Exchange // in the queue
	head    Head
	body    []byte  // whole; the input's own or the intake's
	in      *intake // nil until it has been needed
	target  destination
	pattern *pattern       // of the route, nil without one
	values  []pathPart     // of its wildcards
	proxies []netip.Prefix // that are believed, when the peer is one of them; else nil
	client  netip.AddrPort // whom they name, if anybody
	taker   taker          // nil unless something takes the body, or gives the answer, in pieces

	out   []byte // of the answer, while those before it have not left
	reply *reply
	mark  int // see awaits
	standing
}

// standing is how an exchange stands.
type standing struct {
	state   answerState
	framing framing // of an answer in pieces
	isHead  bool    // HEAD: the answer has no body
	old     bool    // HTTP/1.0
	close   bool    // nothing comes behind this answer
	expects bool    // 100-continue, and nothing has been said to that
	wanted  bool    // the taker waits for the body
	owns    bool    // the handler has kept it: it is not used again
	away    bool    // it has left the queue
	later   bool    // Events.Later holds it back
	awaits  bool    // the taker is to be told when no more than mark bytes wait
}

// answerState is how far the answer has come.
//
//	unanswered --Respond--> answered
//	     | Stream, ...        ^
//	     +------> begun ------+
type answerState uint8

const (
	unanswered answerState = iota
	begun
	answered
)

// begin makes x the exchange of a request.
func (x *Exchange) begin(s *session, head *Head) {
	x.session = s
	x.state = unanswered
	x.head = *head
	x.isHead = string(head.Method) == "HEAD"
	x.old = head.Minor == 0
	x.close = s.ending != nil || !persists(head)
}

// persists: RFC 9112 9.3.
func persists(h *Head) bool {
	switch {
	case h.has&hasConnection == 0:
		return h.Minor > 0
	case h.Fields.HasToken("Connection", "close"):
		return false
	}
	return h.Minor > 0 || h.Fields.HasToken("Connection", "keep-alive")
}

// reset makes x new, with the memory that it has.
func (x *Exchange) reset() {
	x.session, x.taker, x.pattern, x.reply = nil, nil, nil, nil
	x.proxies, x.client = nil, netip.AddrPort{}
	x.head, x.body, x.out, x.values = Head{}, nil, nil, x.values[:0] // they would pin the input
	x.standing = standing{}
	x.state = answered // until it serves again: who has kept it has nothing to answer
	if x.in != nil {
		x.in.reset()
	}
}

// Head is the request's head, valid until the handler returns.
func (x *Exchange) Head() *Head { return &x.head }

// Body is the request's body, whole, valid until the handler returns and the handler's to change until then.
func (x *Exchange) Body() []byte { return x.body }

// Trailers are the fields that came behind a chunked body, valid until the handler returns.
func (x *Exchange) Trailers() Fields {
	if !x.head.Chunked {
		return nil
	}
	return x.in.decoder.Trailers()
}

// ID is the connection's number, from 1 up, never used again in this process. All requests of a connection have it.
func (x *Exchange) ID() uint64 { return x.session.conn.ID() }

// Value is what SetValue stored with the connection.
func (x *Exchange) Value() any { return x.session.conn.Value() }

// SetValue stores something of the user's with the connection, which later requests on it find.
func (x *Exchange) SetValue(v any) { x.session.conn.SetValue(v) }

// RemoteAddr is the client's address: the connection's, or for this request what a trusted proxy has told (ReadForwarded). It stays
// valid after the connection has closed.
func (x *Exchange) RemoteAddr() net.Addr {
	if x.client.IsValid() {
		return net.TCPAddrFromAddrPort(x.client)
	}
	return x.session.conn.RemoteAddr()
}

// LocalAddr is the address that the peer connected to. It stays valid after the connection has closed.
func (x *Exchange) LocalAddr() net.Addr { return x.session.conn.LocalAddr() }

// Loop is the loop that the connection lives on.
func (x *Exchange) Loop() *engine.Loop { return x.session.conn.Loop() }

// Ref is the connection as other goroutines may hold it.
func (x *Exchange) Ref() engine.Ref { return x.session.conn.Ref() }

// Exempt lifts the listener's MessageRate and ByteRate from the connection: for who has turned out to be no stranger.
func (x *Exchange) Exempt() { x.session.conn.Exempt() }

// Abort drops the answer, those behind it and the connection; the peer gets a reset.
func (x *Exchange) Abort() { x.session.conn.Abort() }
