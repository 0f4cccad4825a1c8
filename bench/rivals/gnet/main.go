// Command gnet does the job of the benchmark on stock gnet: gnet.Rotate, which is gnet.Run for several ports, with one event loop, and an
// EventHandler that carries fanloop's codecs, hub, broadcast log and slices. So what differs from fanloop's own server is the engine
// and its connections, and nothing else. Its options are gnet's defaults, which its README calls right for speed. What a
// client does not take waits in gnet's buffer, without a limit; with -shed a client over fanloop's limit is closed.
package main

import (
	"fmt"
	"io"
	"net"
	"os"

	"fanloop/bench/servers/job"
	"fanloop/codec/text"
	"fanloop/codec/websocket"
	"fanloop/hub"

	"github.com/panjf2000/gnet/v2"
	"github.com/panjf2000/gnet/v2/pkg/logging"
)

func main() {
	if err := run(job.Flags()); err != nil {
		fmt.Fprintln(os.Stderr, "gnet:", err)
		os.Exit(1)
	}
}

func run(o job.Options) error {
	s := &server{options: o, loop: &loop{shed: o.Shed}}
	s.hub = hub.New([]*loop{s.loop}, hub.Options{})
	var err error
	if s.pages, err = freePort(); err != nil {
		return err
	}
	addresses := []string{"tcp://" + s.pages.String()}
	if !o.Echo {
		if s.backEnds, err = freePort(); err != nil {
			return err
		}
		addresses = append(addresses, "tcp://"+s.backEnds.String())
	}
	return gnet.Rotate(s, addresses, gnet.WithNumEventLoop(1), gnet.WithLogger(quiet()))
}

// freePort finds a port, for gnet does not tell which one it was given.
func freePort() (*net.TCPAddr, error) {
	ln, err := net.Listen("tcp", job.Loopback)
	if err != nil {
		return nil, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr), nil
}

type silence struct{ logging.Logger }

func (silence) Debugf(string, ...any) {}
func (silence) Infof(string, ...any)  {}
func (silence) Warnf(string, ...any)  {}

func (silence) Errorf(format string, args ...any) { fmt.Fprintf(io.Discard, format, args...) }

func quiet() logging.Logger { return silence{logging.GetDefaultLogger()} }

// A server is gnet's EventHandler.
type server struct {
	gnet.BuiltinEventEngine
	options         job.Options
	hub             *hub.Hub
	loop            *loop
	pages, backEnds *net.TCPAddr
}

func (s *server) OnBoot(gnet.Engine) gnet.Action {
	job.Announce(job.WebSocket, s.pages)
	if s.backEnds != nil {
		job.Announce(job.Text, s.backEnds)
	}
	return gnet.None
}

// OnOpen gives the connection its protocol.
func (s *server) OnOpen(c gnet.Conn) ([]byte, gnet.Action) {
	if _, taken := c.Context().(*waker); taken || s.loop.start(c) != nil {
		return nil, gnet.None
	}
	port := c.LocalAddr().(*net.TCPAddr).Port
	switch {
	case s.backEnds != nil && port == s.backEnds.Port:
		c.SetContext(&backEnd{conn: c, server: s})
	default:
		s.loop.lastID++
		c.SetContext(&page{conn: c, server: s, id: s.loop.lastID, seat: noSeat})
	}
	return nil, gnet.None
}

// A traffic takes what has arrived.
type traffic interface{ take(p []byte) gnet.Action }

func (s *server) OnTraffic(c gnet.Conn) gnet.Action {
	p, _ := c.Next(-1) // everything there is, which is no error
	t, ok := c.Context().(traffic)
	if !ok {
		s.loop.woken()
		return gnet.None
	}
	action := t.take(p)
	s.loop.slice()
	return action
}

func (s *server) OnClose(c gnet.Conn, _ error) gnet.Action {
	if p, ok := c.Context().(*page); ok {
		p.ended()
	}
	return gnet.None
}

// A backEnd pushes lines.
type backEnd struct {
	conn    gnet.Conn
	server  *server
	decoder text.Decoder
	answers []byte
}

func (b *backEnd) take(p []byte) gnet.Action {
	b.answers = b.answers[:0]
	for len(p) > 0 {
		line, n, err := b.decoder.Decode(p)
		if err != nil {
			return gnet.Close
		}
		p = p[n:]
		if line != nil {
			b.push(line)
		}
	}
	if len(b.answers) > 0 {
		_, _ = b.conn.Write(b.answers) // an error is followed by OnClose
	}
	return gnet.None
}

func (b *backEnd) push(line []byte) {
	kind, uid := job.Target(line)
	target := hub.All
	if kind == job.One {
		target = hub.UID(string(uid))
	}
	if kind == job.Nobody {
		b.answers = append(b.answers, job.Answer(false)...)
		return
	}
	b.server.hub.Do(b.server.loop, func(x *hub.Home) {
		x.Push(target, hub.Text(line), func(v hub.Verdict) { b.answers = append(b.answers, job.Answer(v.Taken > 0)...) })
	})
}

// frame is a message in the only wire format that pages have.
func frame(m hub.Encodable) []byte {
	return m.Encoded(0, func(dst, data []byte, _ bool) []byte { return websocket.AppendText(dst, data) })
}
