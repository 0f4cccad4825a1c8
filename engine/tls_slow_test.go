//go:build linux

package engine

import (
	"crypto/tls"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What has been encrypted counts as waiting and cannot be dropped: a policy makes room as far as it can, and refuses then.
func TestPoliciesBehindWhatIsEncrypted(t *testing.T) {
	for policy := range Conflate + 1 {
		s := newStillLoop(t, ListenOptions{MaxOutbox: 1000, Slow: policy})
		c := connectTLS(t, s, handler{}, tls.VersionTLS13, 1<<20)
		c.conn.hear(true)
		c.room = 10
		s.broadcast(strings.Repeat("a", 900))
		s.pump()
		if n := c.conn.ahead(); n < 900 {
			t.Fatalf("%v: %d bytes are ahead", policy, n)
		}
		for range 3 {
			c.conn.pushShared(text("push"))
			if n := c.conn.Buffered(); n > 1500 {
				t.Errorf("%v: %d bytes wait", policy, n)
			}
			if c.conn.pushShared(text(strings.Repeat("b", 700))) {
				t.Errorf("%v: taken with %d bytes waiting", policy, c.conn.Buffered())
			}
		}
		s.settle()
		s.checkLoop()
		c.room = anyNumber
		s.event(c.fakeSocket, unix.EPOLLOUT)
		s.pump()
		if n := s.stats.panics.Load(); n > 0 || c.conn.Buffered() > 0 {
			t.Errorf("%v: %d panics, %d bytes wait", policy, n, c.conn.Buffered())
		}
		s.checkLoop()
	}
}
