package websocket_test

import (
	"fmt"

	"fanloop/codec/http"
	"fanloop/codec/websocket"
)

// The opening handshake without a server: bytes in, bytes out.
func ExampleCheckUpgrade() {
	request := "GET /news HTTP/1.1\r\nHost: example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
		"Sec-WebSocket-Protocol: json, text\r\n\r\n"

	head, _, err := new(http.HeadDecoder).Decode([]byte(request))
	if err != nil {
		fmt.Println(err)
		return
	}
	upgrade, err := websocket.CheckUpgrade(head)
	if err != nil {
		refusal, _ := err.(*http.Refusal).Append(nil, head)
		fmt.Printf("%s", refusal)
		return
	}
	answer, err := websocket.AppendAccept(nil, upgrade, websocket.Accept{Subprotocol: upgrade.Choose("text")})
	fmt.Printf("%s for %s: %d bytes, %v", upgrade.Choose("text"), head.Path(), len(answer), err)
	// Output: text for /news: 159 bytes, <nil>
}
