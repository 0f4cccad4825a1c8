//go:build linux

package client

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A secure is a connection's TLS.
type secure struct {
	tls  *tls.Conn
	wire *wire
}

// secureConfig is that of every connection: a whole handshake each. Whose certificate it is does not matter to what is measured.
var secureConfig = &tls.Config{InsecureSkipVerify: true}

// A wire is a socket as crypto/tls wants it. During the handshake, which has a goroutine of its own, it waits; then never again: what
// crypto/tls reads then is what there is, and a temporary error leaves it as it was.
type wire struct {
	net.Conn // nil: crypto/tls uses nothing else
	fd       int32
	patience time.Duration // of the handshake's reading; 0 when it is over
	drained  bool          // the last read took all there was: another one can be spared
}

func (w *wire) Read(p []byte) (int, error) {
	if w.patience == 0 && w.drained {
		return 0, errNothing
	}
	for {
		n, errno := read(w.fd, p)
		switch {
		case errno == unix.EAGAIN && w.patience == 0:
			return 0, errNothing
		case errno == unix.EAGAIN:
			if err := w.wait(); err != nil {
				return 0, err
			}
		case errno != 0:
			return 0, errno
		case n == 0:
			return 0, io.EOF
		default:
			w.drained = n < len(p)
			return n, nil
		}
	}
}

func (w *wire) wait() error {
	ready := []unix.PollFd{{Fd: w.fd, Events: unix.POLLIN}}
	n, err := unix.Poll(ready, int(w.patience.Milliseconds()))
	if n == 0 && err == nil {
		return errPatience
	}
	if err == unix.EINTR {
		return nil
	}
	return err
}

// Write has room: what clients send is small.
func (w *wire) Write(p []byte) (int, error) {
	n, errno := write(w.fd, p)
	if errno != 0 {
		return 0, errno
	}
	if n != len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

// errNothing is how a wire says that nothing more is there for now.
var errNothing net.Error = nothing{}

type nothing struct{}

func (nothing) Error() string   { return "nothing is there" }
func (nothing) Timeout() bool   { return true }
func (nothing) Temporary() bool { return true }

// A lobby has the handshakes that have ended, until the load's thread takes them. fd wakes it.
type lobby struct {
	fd    int
	mutex sync.Mutex
	done  []handshaken
}

type handshaken struct {
	c   *conn
	err error
}

const lobbyID = -2

func (l *load) openLobby() (err error) {
	l.lobby.fd, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return err
	}
	return l.watch(unix.EPOLL_CTL_ADD, int32(l.lobby.fd), lobbyID, unix.EPOLLIN)
}

// secure begins the handshake of a connection, which nothing is watched of meanwhile.
func (l *load) secure(c *conn) error {
	c.state = securing
	if err := l.watch(unix.EPOLL_CTL_DEL, c.fd, c.id, 0); err != nil {
		return err
	}
	w := &wire{fd: c.fd, patience: seconds(l.job.Patience)}
	shaking := tls.Client(w, secureConfig)
	c.secure = &secure{shaking, w}
	go func() { // c may be hung up meanwhile
		err := shaking.Handshake()
		w.patience = 0
		l.lobby.enter(handshaken{c, err})
	}()
	return nil
}

func (l *lobby) enter(h handshaken) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.done = append(l.done, h)
	_, _ = unix.Write(l.fd, []byte{7: 1}) // full is as good: it wakes
}

func (l *lobby) leave() []handshaken {
	_, _ = unix.Read(l.fd, make([]byte, 8))
	l.mutex.Lock()
	defer l.mutex.Unlock()
	done := l.done
	l.done = nil
	return done
}

// secured goes on with those whose handshake is over.
func (l *load) secured() error {
	for _, h := range l.lobby.leave() {
		l.progress++
		err := h.err
		if err == nil {
			err = l.watch(unix.EPOLL_CTL_ADD, h.c.fd, h.c.id, unix.EPOLLIN)
		}
		if err == nil {
			err = l.greet(h.c)
		}
		if err != nil {
			return fmt.Errorf("connection %d: TLS: %w", h.c.id, err)
		}
	}
	return nil
}

// readSecure takes what has come as far as it is whole records.
func (l *load) readSecure(c *conn) error {
	c.secure.wire.drained = false
	for c.secure != nil { // what is read may end it
		n, err := c.secure.tls.Read(l.buf)
		if err == errNothing {
			return nil
		}
		if err != nil {
			errno, _ := err.(unix.Errno)
			return l.ended(c, errno)
		}
		l.progress++
		if err := l.feed(c, l.buf[:n], l.now()); err != nil {
			return err
		}
	}
	return nil
}
