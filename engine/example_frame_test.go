//go:build linux

package engine_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"fanloop/engine"
)

// frames is Workerman's frame protocol: the length of the whole frame in four bytes, big-endian, counting themselves, then the
// message. It is the Server of its connections and the Handler of each: what is unfinished stays with the engine.
type frames func(c *engine.Conn, message []byte)

const (
	frameHead = 4
	maxFrame  = 1 << 20
)

var errFrame = errors.New("frames: no such length")

func (f frames) Serve(c *engine.Conn) engine.Handler {
	c.SetFormat(frameFormat)
	return f
}

func (f frames) OnOpen(*engine.Conn) {}

func (f frames) OnTraffic(c *engine.Conn, p []byte) (used int) {
	for len(p)-used >= frameHead {
		length := binary.BigEndian.Uint32(p[used:])
		if length < frameHead || length > maxFrame {
			c.CloseWith(errFrame)
			break
		}
		if uint32(len(p)-used) < length || !c.Next() || !c.Count() {
			break
		}
		f(c, p[used+frameHead:used+int(length)])
		used += int(length)
	}
	return used
}

func (f frames) OnClose(*engine.Conn, error) {}

// frameFormat is how a hub's messages look on these connections.
var frameFormat = engine.NewFormat(appendFrame, func(c *engine.Conn, _ int, _ string) { c.Close() })

func appendFrame(dst, message []byte, _ bool) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(frameHead+len(message))), message...)
}

// A protocol of one's own is a small type: see frames, above.
func Example_frame() {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())
	ln, err := eng.Listen("127.0.0.1:0", frames(func(c *engine.Conn, message []byte) {
		_ = c.Send(appendFrame(nil, append([]byte("hello "), message...), true))
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	answers, err := exchange(ln.Addr(), "\x00\x00\x00\x07Ada\x00\x00\x00\x09Grace")
	fmt.Printf("%q %v\n", answers, err)
	answers, err = exchange(ln.Addr(), "\x00\x00\x00\x03")
	fmt.Printf("%q %v\n", answers, err)
	// Output:
	// "\x00\x00\x00\rhello Ada\x00\x00\x00\x0fhello Grace" <nil>
	// "" <nil>
}

// exchange is a client that writes, shuts down its end, and reads what comes back.
func exchange(addr net.Addr, bytes string) (string, error) {
	conn, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, bytes); err != nil {
		return "", err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	answers, err := io.ReadAll(conn)
	return string(answers), err
}
