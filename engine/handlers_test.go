//go:build linux

package engine

import "bytes"

// whole is a handler with all that a handler may have; nil functions do what is usual, but that OnEOF does nothing.
type whole struct {
	handler
	eof, shutdown, full, drain func(c *Conn)
}

func (h whole) Serve(*Conn) Handler   { return h }
func (h whole) OnEOF(c *Conn)         { call(h.eof, c) }
func (h whole) OnBufferFull(c *Conn)  { call(h.full, c) }
func (h whole) OnBufferDrain(c *Conn) { call(h.drain, c) }

func (h whole) OnShutdown(c *Conn) {
	if h.shutdown == nil {
		c.CloseWith(ErrShutdown)
	}
	call(h.shutdown, c)
}

func call(fn func(c *Conn), c *Conn) {
	if fn != nil {
		fn(c)
	}
}

// lines is a handler of lines: what fn is called with has no line end.
func lines(fn func(c *Conn, line string)) handler {
	return handler{traffic: func(c *Conn, p []byte) (used int) {
		for {
			n := bytes.IndexByte(p[used:], '\n')
			if n < 0 || !c.Next() {
				return used
			}
			line := string(p[used : used+n])
			used += n + 1
			fn(c, line)
		}
	}}
}
