//go:build linux

package http

import (
	"errors"

	"fanloop/engine"
)

// An Upgrader takes connections over from HTTP, as a *websocket.Server does. ServeUpgrade is called on the loop when every
// answer before has left; it answers with Exchange.Respond, or takes the connection with Exchange.Hijack.
type Upgrader interface {
	ServeUpgrade(x *Exchange)
}

// ErrHijack is returned by Hijack when other answers are owed, this one has begun, or a part of the next request has been read.
var ErrHijack = errors.New("http: the connection cannot be given away now")

// Hijack gives the connection away: nothing has been answered to this request, and what follows it is its new handler's,
// which the caller sets with SetHandler (its OnOpen is not called), with SetFormat for a hub. Until then nothing is read.
// The exchange's Head and Body stay valid until the handler returns; nothing else of it is of use but Forwarded. The errors are
// ErrHijack and engine.ErrClosed.
//
// The connection is one client's from then on, and held to the listener's rates. When a trusted proxy has named it, RemoteAddr is its address, and the listener's limits
// on an address hold for it: engine.ErrPerAddress and engine.ErrAddressRate say that there are too many, and then the request has
// been answered with ErrAddressLimit.
func (x *Exchange) Hijack() (*engine.Conn, error) {
	conn, err := x.hijack()
	if err == nil {
		x.session.desk.counters.upgrades.Add(1)
	}
	return conn, err
}

func (x *Exchange) hijack() (*engine.Conn, error) {
	s := x.session
	switch {
	case s.conn.Closing():
		return nil, engine.ErrClosed
	case s.owed.first != x || s.owed.last != x || x.state != unanswered || s.reading == x || x.reply != nil,
		s.head != nil && s.head.Pending():
		return nil, ErrHijack
	}
	if err := x.becomeClients(); err != nil {
		return nil, err
	}
	s.owed.pop()
	s.hijacked = true
	x.state, x.owns = answered, true
	s.watch.stop()
	s.holds = 0
	s.conn.Release()
	s.conn.Pace()
	s.conn.NoteMemory(0)
	return s.conn, nil
}
