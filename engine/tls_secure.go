//go:build linux

package engine

import (
	"crypto/tls"
	"io"
	"net"
	"time"
)

// secure is a connection's TLS: the *tls.Conn, and what that has for a net.Conn. During the handshake Read blocks a goroutine.
// After it everything happens on the loop: Read gives the bytes that the read event brought and then errNoMore, at which
// crypto/tls stops, also in the midst of a record, and goes on another time; Write takes everything.
//
//	socket --read--> in --tls.Read--> plaintext: OnTraffic
//	socket <--write-- left, out <--tls.Write-- plaintext: the outbox and the log, at the connection's turn
type secure struct {
	conn      *Conn
	tls       *tls.Conn
	handshake *handshake           // nil when it is done
	in        []byte               // read from the socket, for crypto/tls to take
	out       []byte               // written by crypto/tls, for the socket
	left      []byte               // what the kernel has not taken; then the connection is stalled
	sealed    int32                // bytes of a record that is not whole
	notified  bool                 // close_notify, or another last alert, has been sent
	closed    bool                 // the peer's close_notify has come
	state     *tls.ConnectionState // nil until somebody asks
}

// maxAhead is how much plaintext is encrypted before the kernel has taken it: what slow-consumer policies cannot drop.
const maxAhead = 64 << 10

// errNoMore is what makes crypto/tls stop: it is Temporary, or it would be remembered.
var errNoMore net.Error = noMore{}

type noMore struct{}

func (noMore) Error() string   { return "engine: nothing more has come" }
func (noMore) Timeout() bool   { return false }
func (noMore) Temporary() bool { return true }

func (s *secure) Read(p []byte) (int, error) {
	if len(s.in) == 0 {
		if s.handshake == nil {
			return 0, errNoMore
		}
		if err := s.handshake.await(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.in)
	s.in = s.in[n:]
	return n, nil
}

func (s *secure) Write(p []byte) (int, error) {
	s.out = append(s.out, p...)
	return len(p), nil
}

func (s *secure) Close() error                     { return nil }
func (s *secure) LocalAddr() net.Addr              { return s.conn.LocalAddr() }
func (s *secure) RemoteAddr() net.Addr             { return s.conn.RemoteAddr() }
func (s *secure) SetDeadline(time.Time) error      { return nil }
func (s *secure) SetReadDeadline(time.Time) error  { return nil }
func (s *secure) SetWriteDeadline(time.Time) error { return nil }

// secure is the end of a handshake that has succeeded: the connection is given to its server.
func (l *Loop) secure(h *handshake) {
	c, s := h.conn, h.secure
	l.stats.tlsDone.Add(1)
	h.leave()
	l.engine.descriptorFreed() // a listener may wait for a place in the room
	s.handshake = nil
	c.NoteMemory(0)
	c.seldom().secure, c.secured = s, true
	c.setLeft(c.unsentFlight())
	if len(s.left) > 0 && !c.stalled {
		if l.stall(c); c.state == dead {
			return // the poller could not be told, and the descriptor may be another's
		}
	}
	// Application data may have come in the same read as the handshake's last record.
	s.in = append(s.in, c.rest()...)
	plain, err := l.unseal(c, s.in)
	if c.state == dead {
		return
	}
	c.noteSealed(trimTLS(s.tls, 0))
	c.setRest(append([]byte(nil), plain...))
	c.undecoded = len(plain) > 0
	c.handler = nobody{}
	switch {
	case err == io.EOF:
		c.eof = true
	case err != nil:
		c.breakSecure(err)
	}
	if !l.answer(c) {
		return
	}
	c.clearHold(holdHandshake)
	if c.state == open {
		l.introduce(c, h.door.server)
	}
}

// unsentFlight takes what the handshake has sent and the kernel has not taken out of the outbox: it is ciphertext already.
func (c *Conn) unsentFlight() (left []byte) {
	walk := walker{loop: c.loop, conn: c, skip: c.written}
	for p := walk.next(); p != nil; p = walk.next() {
		left = append(left, p...)
	}
	c.discard()
	return left
}

// unseal decrypts what the socket has brought. io.EOF is the peer's close_notify; after any other error nothing can be read
// any more. The plaintext, which may have come before an error, is valid until the next call.
func (l *Loop) unseal(c *Conn, raw []byte) (plain []byte, err error) {
	s := c.some.secure
	s.in = raw
	plain = l.plaintext[:0]
	for err == nil {
		if len(plain) == cap(plain) {
			plain = append(make([]byte, 0, 2*cap(plain)+plaintextSize), plain...)
		}
		var n int
		n, err = s.tls.Read(plain[len(plain):cap(plain)])
		plain = plain[:len(plain)+n]
	}
	l.plaintext = plain
	s.in = nil
	c.noteSealed(trimTLS(s.tls, idleTLSBuffer))
	switch err {
	case errNoMore:
		err = nil
	case io.EOF:
		s.closed = true
	}
	return plain, err
}

// plaintextSize is the size of a loop's one buffer for plaintext: what one read brings, and a record that was unfinished,
// always fit.
const plaintextSize = readSize + 2*maxRecord

// readSealed is readTurn's part for a connection with TLS.
func (l *Loop) readSealed(c *Conn, raw []byte) {
	plain, err := l.unseal(c, raw)
	if c.state == dead || !l.answer(c) {
		return
	}
	if err == io.EOF {
		c.eof = true
		c.setInterest()
	}
	if c.state == open && (len(plain) > 0 || c.eof) {
		l.deliver(c, plain)
	}
	if err != nil && err != io.EOF {
		c.breakSecure(err)
	}
}

// breakSecure ends a connection whose stream is broken: crypto/tls has written the alert, and nothing can follow it.
func (c *Conn) breakSecure(err error) {
	c.some.secure.notified = true
	c.CloseWith(err)
	if c.state != dead {
		c.discard()
		c.loop.enqueue(c)
	}
}

// answer sends what crypto/tls wrote while it read, key updates and alerts. false: that ended the connection.
func (l *Loop) answer(c *Conn) bool {
	s := c.some.secure
	if len(s.out) == 0 {
		return true
	}
	out := s.out
	s.out = nil
	return l.writeOut(c, out)
}

// writeOut gives the kernel ciphertext, behind what it has not taken before, and keeps what it does not take.
func (l *Loop) writeOut(c *Conn, out []byte) (ok bool) {
	s, n := c.some.secure, 0
	if len(s.left) == 0 {
		if n, ok = l.writeRaw(c, out); !ok {
			return false
		}
	}
	if n == len(out) {
		return true
	}
	c.setLeft(append(s.left, out[n:]...))
	if c.stalled {
		c.markOutbox()
	} else {
		l.stall(c)
	}
	return c.state != dead
}

// writeSealed is write for a connection with TLS: it takes all of p, encrypted, or, while ciphertext is left, nothing.
func (l *Loop) writeSealed(c *Conn, p []byte) (n int, ok bool) {
	s := c.some.secure
	if len(s.left) > 0 {
		n, ok := l.writeRaw(c, s.left)
		if !ok {
			return 0, false
		}
		if c.setLeft(s.left[n:]); len(s.left) > 0 {
			return 0, true
		}
		c.setLeft(nil)
	}
	if len(p) == 0 {
		return 0, true
	}
	s.out = l.ciphertext[:0]
	_, err := s.tls.Write(p)
	out := s.out
	l.ciphertext, s.out = out[:0], nil
	if err != nil {
		c.destroy(err)
		return 0, false
	}
	if n, ok = l.writeRaw(c, out); !ok {
		return 0, false
	}
	if n < len(out) {
		c.setLeft(append([]byte(nil), out[n:]...))
	}
	return len(p), true
}

// next is what c's turn writes, of what it has to say.
func (l *Loop) next(c *Conn) []byte {
	p := l.gather(c)
	if c.secured {
		return p[:min(len(p), maxAhead, c.limits.MaxOutbox)]
	}
	return p
}

// ahead is how many bytes have been encrypted and the kernel has not taken.
func (c *Conn) ahead() int {
	if !c.secured {
		return 0
	}
	return len(c.some.secure.left)
}

// sayCloseNotify is the last that is encrypted (RFC 8446 6.1). false: not all has gone out, or that ended the connection.
func (l *Loop) sayCloseNotify(c *Conn) bool {
	if !c.secured || c.some.secure.notified {
		return c.ahead() == 0
	}
	s := c.some.secure
	s.notified = true
	_ = s.tls.CloseWrite() // secure's Write has no errors
	return l.answer(c) && len(s.left) == 0
}

// endOfStream is the reason for the end of a connection whose peer has gone: a stream without close_notify was cut off.
func (c *Conn) endOfStream(reason error) error {
	if reason == io.EOF && c.eof && c.secured && !c.some.secure.closed {
		return io.ErrUnexpectedEOF
	}
	return reason
}

// forgetSecure frees what a connection that is dead does not need. What TLS tells stays.
func (c *Conn) forgetSecure() {
	if c.secured {
		s := c.some.secure
		s.in, s.out = nil, nil
		c.setLeft(nil)
		c.noteSealed(0)
	}
}

// setLeft counts what the kernel has not taken.
func (c *Conn) setLeft(p []byte) {
	s := c.some.secure
	c.loop.kept += len(p) - len(s.left)
	s.left = p
}

// noteSealed counts what crypto/tls has of a record that is not whole.
func (c *Conn) noteSealed(bytes int) {
	s := c.some.secure
	grows := bytes > int(s.sealed)
	c.loop.kept += bytes - int(s.sealed)
	if s.sealed = int32(bytes); grows {
		c.waitForMemory()
	}
}

// sealedInput is what noteSealed counted.
func (c *Conn) sealedInput() int {
	if !c.secured {
		return 0
	}
	return int(c.some.secure.sealed)
}
