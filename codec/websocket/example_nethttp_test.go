//go:build linux

package websocket_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"

	"fanloop/codec/websocket"
	"fanloop/engine"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// A net/http server gets WebSockets beside its other handlers. Who is there, the handler in front has found out already.
func ExampleServer_ServeHTTP() {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())

	type user struct{} // the key in the request's context
	clients := &websocket.Server{
		Engine: eng,
		OnUpgrade: func(c *websocket.Conn, h *websocket.Handshake) error {
			c.SetValue(h.Request.Context().Value(user{}))
			return nil
		},
		OnMessage: func(c *websocket.Conn, m websocket.Message) {
			_ = c.Send(fmt.Appendf(nil, "%s says %s", c.Value(), m.Data))
		},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "a page") })
	mux.HandleFunc("/ws/{user}", func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), user{}, r.PathValue("user"))
		clients.ServeHTTP(w, r.WithContext(ctx))
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	fmt.Println(askPageAt(server.Listener.Addr(), "/ws/Ada", "hello"))
	page, err := http.Get(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer page.Body.Close()
	body, err := io.ReadAll(page.Body)
	fmt.Println(string(body), err)
	// Output:
	// Ada says hello <nil>
	// a page <nil>
}

// askPageAt is a web page: new WebSocket("ws://..." + path), send, onmessage.
func askPageAt(addr net.Addr, path, message string) (string, error) {
	conn, _, _, err := ws.Dial(context.Background(), "ws://"+addr.String()+path)
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
