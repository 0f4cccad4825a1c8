//go:build linux

package engine

import "sync/atomic"

var connIDs atomic.Uint64

func newConn(l *Loop, fd int, remote endpoint, ln *Listener) *Conn {
	return &Conn{
		loop: l, fd: int32(fd), id: connIDs.Add(1), format: raw,
		remote: remote, origin: ln.origin(fd),
	}
}

// adopt makes c one of the loop's, served by s. On the loop.
func (l *Loop) adopt(c *Conn, s Server) {
	fd := int(c.fd)
	for len(l.conns) <= fd {
		l.conns = append(l.conns, make([]*Conn, fd+64)...)
	}
	l.conns[fd] = c
	c.handler = nobody{}
	if l.leaving {
		c.destroy(ErrShutdown)
		return
	}
	if err := l.control(l.poller.AddRead, fd, false); err != nil {
		l.log.Warn("engine: a connection could not be watched", c.Log(), "err", err)
		c.destroy(err)
		return
	}
	l.introduce(c, s)
}

// introduce gives c to its server.
func (l *Loop) introduce(c *Conn, s Server) {
	l.noteOpened(c)
	l.current = c
	l.begin(c, s)
	l.current = nil
	l.finish(c)
	if c.hasInput() {
		l.enqueue(c) // what was read before the connection came here
	}
}

func (l *Loop) begin(c *Conn, s Server) {
	defer l.recovered(c)
	c.handler = s.Serve(c)
	c.handler.OnOpen(c)
}

// nobody is the handler of a connection that never got one.
type nobody struct{}

func (nobody) OnOpen(*Conn)                    {}
func (nobody) OnTraffic(_ *Conn, p []byte) int { return len(p) }
func (nobody) OnClose(*Conn, error)            {}
