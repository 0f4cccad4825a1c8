package main

import (
	"fanloop/codec/http"
	"fanloop/codec/websocket"
	"fanloop/hub"

	"github.com/panjf2000/gnet/v2"
)

// A page is a WebSocket. It is a hub.Ref and a hub.Outlet too.
type page struct {
	conn    gnet.Conn
	server  *server
	id      uint64
	head    *http.HeadDecoder // until the handshake is over
	decoder websocket.Decoder
	open    bool
	bound   bool
	gone    func()
	seat    int    // in the crowd that hears broadcasts
	cursor  uint64 // the first entry of the log that it has not got
	out     []byte // what waits for it alone, with what was broadcast before
	queued  bool
}

const noSeat = -1

func (p *page) take(data []byte) gnet.Action {
	if !p.open {
		n, ok := p.shakeHands(data)
		if !ok {
			return gnet.Close
		}
		data = data[n:]
	}
	for len(data) > 0 {
		event, n, err := p.decoder.Decode(data)
		if err != nil || event.Kind == websocket.EventClose {
			return gnet.Close
		}
		if event.Kind == websocket.EventText {
			p.message(event.Data)
		}
		data = data[n:]
	}
	return gnet.None
}

// shakeHands takes the beginning of data. Without the whole request it has taken everything.
func (p *page) shakeHands(data []byte) (used int, ok bool) {
	if p.head == nil {
		p.head = &http.HeadDecoder{}
	}
	head, used, err := p.head.Decode(data)
	if err != nil || head == nil {
		return used, err == nil
	}
	u, err := websocket.CheckUpgrade(head)
	if err != nil {
		return used, false
	}
	answer, err := websocket.AppendAccept(nil, u, websocket.Accept{})
	if err == nil {
		_, err = p.conn.Write(answer)
	}
	p.open, p.head = true, nil
	return used, err == nil
}

func (p *page) message(data []byte) {
	if p.server.options.Echo {
		_, _ = p.conn.Write(websocket.AppendText(nil, data)) // an error is followed by OnClose
		return
	}
	if p.bound {
		return
	}
	p.bound = true
	uid := string(data)
	p.server.hub.Do(p.server.loop, func(x *hub.Home) {
		if x.Bind(p, uid) != nil {
			_ = p.conn.Close()
		}
	})
}

// ended is the end of the connection.
func (p *page) ended() {
	p.open = false
	p.Hear(false)
	if p.gone != nil {
		p.gone()
	}
}

func (p *page) ID() uint64     { return p.id }
func (p *page) LoopIndex() int { return 0 }

func (p *page) Attach(gone func()) (hub.Outlet, bool) {
	p.gone = gone
	return p, p.open
}

// Push queues m behind what was broadcast before it.
func (p *page) Push(m hub.Encodable) bool {
	if !p.open {
		return false
	}
	l := p.server.loop
	p.out = append(l.gather(p, p.out), frame(m)...)
	if !p.queued {
		p.queued = true
		l.ready = append(l.ready, p)
	}
	return true
}

// Hear lets the page into the crowd, or out of it.
func (p *page) Hear(on bool) {
	l := p.server.loop
	switch {
	case on && p.seat == noSeat:
		p.seat, p.cursor = len(l.crowd), l.end()
		l.crowd = append(l.crowd, p)
	case !on && p.seat != noSeat:
		last := l.crowd[len(l.crowd)-1]
		l.crowd[p.seat], last.seat = last, p.seat
		l.crowd = l.crowd[:len(l.crowd)-1]
		p.seat = noSeat
		l.left = len(l.crowd) // the one that has moved must not be passed over
	}
}

func (p *page) Kick(hub.Encodable, int, string) { _ = p.conn.Close() }
