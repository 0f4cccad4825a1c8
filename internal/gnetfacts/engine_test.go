//go:build linux

package gnetfacts

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/panjf2000/gnet/v2"
	"golang.org/x/sys/unix"
)

// events is a gnet.EventHandler made of functions; each may be left out.
type events struct {
	gnet.BuiltinEventEngine
	boot    func(e gnet.Engine)
	traffic func(c gnet.Conn) gnet.Action
	closed  func(c gnet.Conn, err error)
	tick    func() time.Duration
}

func (h *events) OnBoot(e gnet.Engine) gnet.Action {
	if h.boot != nil {
		h.boot(e)
	}
	return gnet.None
}

func (h *events) OnTraffic(c gnet.Conn) gnet.Action {
	if h.traffic != nil {
		return h.traffic(c)
	}
	return gnet.None
}

func (h *events) OnClose(c gnet.Conn, err error) gnet.Action {
	if h.closed != nil {
		h.closed(c, err)
	}
	return gnet.None
}

func (h *events) OnTick() (time.Duration, gnet.Action) {
	if h.tick != nil {
		return h.tick(), gnet.None
	}
	return time.Hour, gnet.None
}

// serve runs gnet's engine with one loop on a port of loopback until the test ends.
func serve(t *testing.T, h *events, options ...gnet.Option) (e gnet.Engine, address string) {
	t.Helper()
	e = run(t, h, "tcp://127.0.0.1:0", options...)
	return e, listening(t, e)
}

func run(t *testing.T, h *events, address string, options ...gnet.Option) gnet.Engine {
	t.Helper()
	booted, ended := make(chan gnet.Engine, 1), make(chan error, 1)
	h.boot = func(e gnet.Engine) { booted <- e }
	options = append([]gnet.Option{gnet.WithNumEventLoop(1), gnet.WithLogger(quiet{})}, options...)
	go func() { ended <- gnet.Run(h, address, options...) }()
	e := await(t, "OnBoot", booted)
	t.Cleanup(func() {
		stop(e)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("gnet.Run: %v", err)
			}
		case <-time.After(patience):
			t.Error("gnet.Run has not returned")
		}
	})
	return e
}

// stop begins gnet's shutdown. Stop looks every half second whether it is done; Run's return is sooner.
func stop(e gnet.Engine) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = e.Stop(ctx)
}

// listening is the address that the system chose for the engine's only port.
func listening(t *testing.T, e gnet.Engine) string {
	t.Helper()
	address, err := portOf(e)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func portOf(e gnet.Engine) (string, error) {
	fd, err := e.Dup()
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	return addressOf(fd)
}

func addressOf(fd int) (string, error) {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return "", err
	}
	in4 := sa.(*unix.SockaddrInet4)
	return (&net.TCPAddr{IP: in4.Addr[:], Port: in4.Port}).String(), nil
}

// dial is a client that gives up when the test's patience ends.
func dial(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	must(t, c.SetDeadline(time.Now().Add(patience)))
	return c.(*net.TCPConn)
}
