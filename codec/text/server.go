//go:build linux

package text

import (
	"bytes"
	"io"
	"time"

	"fanloop/engine"
)

// What the peer reads before its connection closes: for a line over MaxLine, and for more lines or bytes a second than the
// listener allows.
const (
	tooLongLine = "error: line too long"
	tooFastLine = "error: too many lines or bytes a second"
)

// Server serves the text protocol. Give a pointer to it to Engine.Listen; one Server may have several listeners. Its fields
// are set before that and not changed afterwards; each may be left out.
//
// All callbacks run on the connection's loop, one at a time, and must not block. Messages that arrive together are handled
// one by one: Pause stops before the next of them.
type Server struct {
	// MaxLine is the limit on a line in bytes, its line end not counted. 0 or less means DefaultMaxLine. Whoever exceeds it
	// reads "error: line too long" as its last line, behind the answers that it is owed, and the connection closes with
	// ErrTooLong as the reason.
	MaxLine int
	// IdleTimeout is how long a connection may bring nothing while it is owed nothing; then it is closed without a word, which nobody
	// takes for an answer, with ErrIdle as the reason. Default 24 h: a back end keeps its connection, and whether it is still there
	// the kernel asks (engine.ListenOptions.KeepAlive). Less than 0: for ever.
	IdleTimeout time.Duration

	// Auth, unless it is nil, has peers show a token in their first line, in AuthTimeout: default 10 s. OnConnect is called when they
	// have, and OnClose for those only.
	Auth        *Auth
	AuthTimeout time.Duration
	// AuthOptional lets in those as well whose first line is another one. A wrong token is refused all the same.
	AuthOptional bool

	// OnConnect is called once, first.
	OnConnect func(c *Conn)
	// OnMessage is called with each line, without its line end. The line is valid, and may be overwritten, until OnMessage
	// returns. A last line without a line end is not a message.
	OnMessage func(c *Conn, line []byte)
	// OnClose is called once, last, after the callback in which the end began. err says why: io.EOF (the peer has closed and
	// been answered), ErrTooLong, engine.ErrClosed (Close was called), another of the engine's errors, or the socket's own.
	OnClose func(c *Conn, err error)
	// OnBufferFull is called when what waits for a peer that does not read has come to the listener's MaxOutbox, by its own
	// answers or a push, whatever the listener's SlowPolicy does then; OnBufferDrain when it has become half of that. While
	// more waits because of its own answers, no messages are read from the peer.
	OnBufferFull  func(c *Conn)
	OnBufferDrain func(c *Conn)

	counters
}

func (s *Server) authTimeout() time.Duration {
	if s.AuthTimeout <= 0 {
		return 10 * time.Second
	}
	return s.AuthTimeout
}

func (s *Server) idleTimeout() time.Duration {
	if s.IdleTimeout == 0 {
		return 24 * time.Hour
	}
	return s.IdleTimeout
}

// Serve makes the engine's handler of a connection; the engine calls it.
func (s *Server) Serve(conn *engine.Conn) engine.Handler {
	conn.SetFormat(format)
	return (*session)(&Conn{conn: conn, server: s, decoder: Decoder{MaxLine: s.MaxLine}})
}

// PreferHome has text connections live on the home loop, where the hub is: those who speak text are mostly back ends that
// push. ListenOptions can say otherwise.
func (s *Server) PreferHome() bool { return true }

// format puts shared messages on text connections: one message, one line. What would be two lines cannot be expressed, and
// neither can binary data that would lose the newline at its end.
var format = engine.NewFormat(
	func(dst, data []byte, binary bool) []byte {
		if binary && bytes.IndexByte(data, '\n') >= 0 {
			return nil
		}
		line, err := AppendLine(dst, data)
		if err != nil {
			return nil
		}
		return line
	},
	kick,
)

// kick: the protocol has no goodbye; the last message, if there is one, is in the outbox already. But whoever is in the midst of a
// line is told why it is not taken.
func kick(c *engine.Conn, code int, reason string) {
	if s, ok := c.Handler().(*session); ok && code == tryAgainLater && s.decoder.unfinished() > 0 {
		s.forget()
		_ = (*Conn)(s).Send([]byte("error: " + reason)) // behind an answer that is owed it is lost
	}
	c.Close()
}

// tryAgainLater is WebSocket's close code 1013, which the engine says when it has no room.
const tryAgainLater = 1013

// session is a Conn as the engine sees it: the same memory, with the methods that are not the user's.
type session Conn

func (s *session) OnOpen(*engine.Conn) {
	s.watch()
	s.awaitAuth()
}

func (s *session) OnTraffic(conn *engine.Conn, p []byte) (used int) {
	s.heard = s.age()
	used = s.take(conn, p)
	conn.NoteMemory(s.decoder.unfinished())
	return used
}

func (s *session) take(conn *engine.Conn, p []byte) (used int) {
	for used < len(p) {
		// An unfinished line is no message: it is taken without asking.
		if bytes.IndexByte(p[used:], '\n') >= 0 && !conn.Next() {
			return used
		}
		line, n, err := s.decoder.Decode(p[used:])
		if err != nil {
			s.server.tooLong.Add(1)
			s.conn.Loop().Logger().Info("text: a line is too long", s.conn.Log())
			s.refuse(ErrTooLong, tooLongLine)
			return len(p)
		}
		used += n
		if line == nil {
			continue
		}
		if !conn.Count() {
			return len(p)
		}
		if !s.admitted && s.authorize(line) {
			continue
		}
		s.message(line)
	}
	return used
}

func (s *session) message(line []byte) {
	if f := s.server.OnMessage; f != nil {
		s.inMessage = true
		f((*Conn)(s), line)
		s.inMessage = false
	}
	if s.answers != nil {
		s.answers.arm()
		s.settle()
	}
}

// refuse ends the connection with a last line, behind the answers that are owed.
func (s *session) refuse(cause error, line string) {
	s.deafen(cause)
	(*Conn)(s).queue().say([]byte(line), "\n")
	s.settle()
}

// OnTooFast is what engine.CloseFast asks for.
func (s *session) OnTooFast(*engine.Conn) { s.refuse(engine.ErrTooFast, tooFastLine) }

// OnEOF: a peer that has sent its questions and shut down its end still gets the answers.
func (s *session) OnEOF(*engine.Conn) {
	s.ending = io.EOF
	s.settle()
}

func (s *session) OnShutdown(*engine.Conn) {
	s.deafen(engine.ErrShutdown)
	s.settle()
}

func (s *session) OnBufferFull(*engine.Conn) {
	if f := s.server.OnBufferFull; f != nil {
		f((*Conn)(s))
	}
}

func (s *session) OnBufferDrain(*engine.Conn) {
	s.settle()
	if f := s.server.OnBufferDrain; f != nil {
		f((*Conn)(s))
	}
}

func (s *session) OnClose(_ *engine.Conn, err error) {
	s.unwatch()
	s.drop()
	s.stopTimer()
	s.forget()
	if f := s.server.OnClose; f != nil && s.connected {
		f((*Conn)(s), err)
	}
}

// deafen takes no more lines and closes when nothing is owed.
func (s *session) deafen(reason error) {
	s.deaf = true
	s.conn.Hold()
	if s.ending == nil {
		s.ending = reason
	}
}

// settle sends what can be sent and draws the conclusions from what is left.
func (s *session) settle() {
	waiting := 0
	if a := s.answers; a != nil {
		if a.flush(s.conn) == engine.ErrClosed {
			a.drop()
		}
		waiting = a.waiting()
	}
	switch {
	case waiting == 0 && s.ending != nil:
		s.conn.CloseWith(s.ending)
	case waiting >= maxOwed:
		s.holdOwed()
	case waiting <= maxOwed/2 && !s.deaf:
		s.holding = false
		s.conn.Release()
	}
}

func (s *session) holdOwed() {
	if !s.holding {
		s.holding = true
		s.server.held.Add(1)
	}
	s.conn.Hold()
}

// forget drops an unfinished line, behind which no more is read.
func (s *session) forget() {
	s.decoder = Decoder{MaxLine: s.server.MaxLine}
	s.conn.NoteMemory(0)
}

func (s *session) drop() {
	if s.answers != nil {
		s.answers.drop()
	}
}
