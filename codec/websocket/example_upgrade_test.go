//go:build linux

package websocket_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	nethttp "net/http"
	"strings"

	"fanloop/codec/http"
	"fanloop/codec/websocket"
	"fanloop/engine"
)

var errRoom = http.NewRefusal(404, "no such room")

// Origins says whose pages may connect, and OnUpgrade looks at the request before it is answered: here at the room in the query.
func ExampleServer_onUpgrade() {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())
	ln, err := eng.Listen("127.0.0.1:0", &websocket.Server{
		Compression: true,
		Origins:     http.Origins{"https://example.com"},
		OnUpgrade: func(c *websocket.Conn, h *websocket.Handshake) error {
			if string(h.Head.Query()) != "room=7" {
				return errRoom
			}
			c.SetValue(string(h.Head.Query()))
			h.Fields = append(h.Fields, http.NewField("Set-Cookie", "seen=1"))
			return nil
		},
		OnConnect: func(c *websocket.Conn) { fmt.Println("connected:", c.Value()) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(knock(ln.Addr(), "https://example.com"))
	fmt.Println(knock(ln.Addr(), "https://elsewhere.example"))
	// Output:
	// connected: room=7
	// 101 Switching Protocols seen=1 <nil>
	// 403 Forbidden  <nil>
}

// knock is a client that only reads the answer to its opening handshake.
func knock(addr net.Addr, origin string) (status, cookie string, err error) {
	conn, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		return "", "", err
	}
	defer conn.Close()
	fmt.Fprint(conn, strings.ReplaceAll(`GET /chat?room=7 HTTP/1.1
Host: example.com
Origin: `+origin+`
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

`, "\n", "\r\n"))
	answer, err := nethttp.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", "", err
	}
	return answer.Status, answer.Header.Get("Set-Cookie"), nil
}
