// Package peers has what tests of a whole server talk to it with: a Page that speaks WebSocket, a Backend that speaks lines, and
// Lines, which collects what a program prints, and Events, which listens to Server-Sent Events. Their WebSocket is not fanloop's own, so that a mistake cannot cancel itself.
//
//	page := peers.OpenPage(t, "127.0.0.1:1234")
//	page.Say("uid1")
//	log.Await(t, "bound", 1)
//	answer := peers.Connect(t, "127.0.0.1:5678").Ask(`{"uid":"uid1"}`) // ok
//	message := page.Next()
//
// Each belongs to the test's goroutine, but for Lines, which any may write to. Whatever does not happen within Bound ends the
// test; what was opened is closed with it.
package peers

import (
	"net"
	"strings"
	"testing"
	"time"
)

// Bound is how long a test waits for anything before it fails: long enough for a busy machine, and reached by failures only.
const Bound = time.Minute

// dial connects to host:port or unix:/path, and hangs up with the test.
func dial(t testing.TB, address string) net.Conn {
	t.Helper()
	network := "tcp"
	if path, unix := strings.CutPrefix(address, "unix:"); unix {
		network, address = "unix", path
	}
	conn, err := net.DialTimeout(network, address, Bound)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
