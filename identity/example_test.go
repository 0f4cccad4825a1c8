//go:build linux

package identity_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	nethttp "net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"fanloop/codec/http"
	"fanloop/codec/websocket"
	"fanloop/engine"
	"fanloop/hub"
	"fanloop/identity"
)

// A push server on whose port pages show a token. In a program of your own the key is in a file (LoadKeys), and the tokens come from
// your login.
func ExampleDoor() {
	secret := []byte("a secret of 32 bytes, or of more")
	keys, err := identity.NewKeys(secret)
	check(err)
	eng, err := engine.New(engine.Options{})
	check(err)
	defer eng.Shutdown(context.Background())
	users := hub.New(eng.Loops(), hub.Options{})

	door := &identity.Door{Hub: users, Tokens: &identity.Verifier{Keys: keys, Audience: []string{"push"}}}
	web := &http.Server{}
	web.Upgrade("GET /ws", door.Guard(&websocket.Server{OnMessage: func(c *websocket.Conn, m websocket.Message) {
		fmt.Printf("%s says %s\n", identity.VisitOf(c).UID, m.Data)
	}}))
	web.Upgrade("/events", door.GuardEvents(&http.Events{}))
	ln, err := eng.Listen("127.0.0.1:0", web)
	check(err)

	claims := jwt.MapClaims{"sub": "u1", "groups": []string{"staff"}, "aud": "push", "exp": time.Now().Add(time.Hour).Unix()}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	check(err)
	fmt.Println(statusOf(ln.Addr(), token))
	fmt.Println(statusOf(ln.Addr(), "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1MSJ9."))
	// Output:
	// 200 OK
	// 401 Unauthorized
}

// statusOf asks for an event stream.
func statusOf(addr net.Addr, token string) string {
	conn, err := net.Dial(addr.Network(), addr.String())
	check(err)
	defer conn.Close()
	fmt.Fprintf(conn, "GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", token)
	answer, err := nethttp.ReadResponse(bufio.NewReader(conn), nil)
	check(err)
	return answer.Status
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
