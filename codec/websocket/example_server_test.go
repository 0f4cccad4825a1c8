//go:build linux

package websocket_test

import (
	"bufio"
	"context"
	"fmt"
	"net"

	"fanloop/codec/text"
	"fanloop/codec/websocket"
	"fanloop/engine"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// One function for the messages of two protocols: with one loop, what it shares needs no lock.
func ExampleServer() {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())

	messages := 0
	onMessage := func(c engine.Peer, p []byte) {
		messages++
		_ = c.Send(fmt.Appendf(nil, "hello %s, you are number %d", p, messages))
	}
	pages, err := eng.Listen("127.0.0.1:0", &websocket.Server{
		OnMessage: func(c *websocket.Conn, m websocket.Message) { onMessage(c, m.Data) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	backEnds, err := eng.Listen("127.0.0.1:0", &text.Server{
		OnMessage: func(c *text.Conn, line []byte) { onMessage(c, line) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(askPage(pages.Addr(), "Ada"))
	fmt.Println(askBackEnd(backEnds.Addr(), "Grace"))
	// Output:
	// hello Ada, you are number 1 <nil>
	// hello Grace, you are number 2 <nil>
}

// askPage is a web page: new WebSocket("ws://..."), send, onmessage.
func askPage(addr net.Addr, message string) (string, error) {
	conn, _, _, err := ws.Dial(context.Background(), "ws://"+addr.String())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := wsutil.WriteClientText(conn, []byte(message)); err != nil {
		return "", err
	}
	answer, err := wsutil.ReadServerText(conn)
	return string(answer), err
}

// askBackEnd is a back end: fsockopen, fwrite, fgets.
func askBackEnd(addr net.Addr, line string) (string, error) {
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := fmt.Fprintln(conn, line); err != nil {
		return "", err
	}
	answer := bufio.NewScanner(conn)
	answer.Scan()
	return answer.Text(), answer.Err()
}
