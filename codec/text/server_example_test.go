//go:build linux

package text_test

import (
	"context"
	"fmt"
	"io"
	"net"

	"fanloop/codec/text"
	"fanloop/engine"
)

func ExampleServer() {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())
	ln, err := eng.Listen("127.0.0.1:0", &text.Server{OnMessage: func(c *text.Conn, line []byte) {
		_ = c.Send(fmt.Appendf(nil, "hello %s", line))
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(ask(ln.Addr(), "Ada\nGrace\n"))
	// Output:
	// hello Ada
	// hello Grace
}

// The answers leave in the order of the questions, although the first is ready last.
func ExampleConn_Reply() {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())
	quick := make(chan struct{})
	ln, err := eng.Listen("127.0.0.1:0", &text.Server{OnMessage: func(c *text.Conn, line []byte) {
		reply := c.Reply()
		if string(line) == "quick" {
			_ = reply.Send([]byte("the quick one"))
			close(quick)
			return
		}
		go func() { // a database, another service, ...
			<-quick
			_ = reply.Send([]byte("the slow one"))
		}()
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(ask(ln.Addr(), "slow\nquick\n"))
	// Output:
	// the slow one
	// the quick one
}

// ask is a client that sends its lines, shuts down its end, and reads what comes back: printf ... | nc -N.
func ask(addr net.Addr, lines string) string {
	conn, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, lines); err != nil {
		return err.Error()
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return err.Error()
	}
	answers, err := io.ReadAll(conn)
	if err != nil {
		return err.Error()
	}
	return string(answers)
}
