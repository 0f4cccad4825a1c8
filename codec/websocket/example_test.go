package websocket_test

import (
	"fmt"

	"fanloop/codec/websocket"

	"github.com/gobwas/ws"
)

// An echo for bytes from anywhere: out is what goes back to the client.
func ExampleDecoder() {
	message := ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte("hello"))))
	ping := ws.MustCompileFrame(ws.MaskFrame(ws.NewPingFrame([]byte("still there?"))))
	received := append(message, ping...)

	var d websocket.Decoder
	var out []byte
	for _, p := range [][]byte{received[:3], received[3:]} { // as the network cuts it
		for len(p) > 0 {
			event, used, err := d.Decode(p)
			if err != nil {
				fmt.Println("close the connection:", err)
				return
			}
			p = p[used:]
			switch event.Kind {
			case websocket.EventText:
				out = websocket.AppendText(out, event.Data)
			case websocket.EventPing:
				out = websocket.AppendPong(out, event.Data)
			}
		}
	}
	fmt.Printf("%q\n", out)
	// Output: "\x81\x05hello\x8a\fstill there?"
}

func ExampleAppendClose() {
	frame, err := websocket.AppendClose(nil, websocket.StatusGoingAway, "back in a minute")
	fmt.Printf("%q %v\n", frame, err)

	_, err = websocket.AppendClose(nil, websocket.StatusAbnormalClosure, "")
	fmt.Println(err)
	// Output:
	// "\x88\x12\x03\xe9back in a minute" <nil>
	// websocket: status code that must not be sent
}
