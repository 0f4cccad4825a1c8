//go:build linux

package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

// 10,000 messages of mixed size go there and back in order, with pauses, through both versions.
func TestTLSMessagesBothWays(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		const messages = 10_000
		e := testEngine(t, Options{})
		h := handler{traffic: func(c *Conn, p []byte) (used int) {
			for len(p)-used >= 4 {
				size := 4 + int(binary.BigEndian.Uint32(p[used:]))
				if len(p)-used < size || !c.Next() {
					break
				}
				if size%97 == 0 {
					c.Pause()
					c.loop.After(time.Millisecond, c.Resume)
				}
				_ = c.Send(p[used : used+size])
				used += size
			}
			return used
		}}
		ln := listenTLS(t, e, h, ListenOptions{}, version)
		c := dialTLS(t, ln, ln.client())
		failed := make(chan error, 1)
		go func() {
			rng := rand.New(rand.NewPCG(1, 2))
			for i := range messages {
				if _, err := c.Write(mixedMessage(rng, i)); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range messages {
			want := mixedMessage(rng, i)
			got := make([]byte, len(want))
			if i%100 == 0 {
				renew(c)
			}
			if _, err := io.ReadFull(c, got); err != nil {
				t.Fatalf("message %d: %v", i, err)
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("message %d of %d bytes differs", i, len(want))
			}
		}
		if err := await(t, "the writer", failed); err != nil {
			t.Fatal(err)
		}
	})
}

// mixedMessage is message number i: its length, and then its number and bytes that depend on it. Most are short; one in 200 is
// longer than several records.
func mixedMessage(rng *rand.Rand, i int) []byte {
	size := rng.IntN(300)
	switch {
	case i%200 == 0:
		size = rng.IntN(120_000)
	case i%10 == 0:
		size = rng.IntN(5000)
	}
	body := append(fmt.Appendf(nil, "message %d ", i), bytes.Repeat([]byte{byte(i)}, size)...)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

// A broadcast is encoded once, and encrypted for each.
func TestTLSBroadcast(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		const conns, broadcasts = 50, 40
		opened := make(chan *Conn, conns)
		e := testEngine(t, Options{})
		h := handler{open: func(c *Conn) {
			o, _ := c.Ref().Attach(func() {})
			o.Hear(true)
			c.SetFormat(bracketed)
			opened <- c
		}}
		secured, plain := listenTLS(t, e, h, ListenOptions{}, version), listen(t, e, h)
		var clients []net.Conn
		for i := range conns {
			if i%5 == 0 {
				clients = append(clients, dial(t, plain))
			} else {
				clients = append(clients, dialTLS(t, secured, secured.client()))
			}
			await(t, "OnOpen", opened)
		}
		var want []byte
		encoded := 0
		for i := range broadcasts {
			body := fmt.Sprintf("%d%s", i, bytes.Repeat([]byte("x"), i*1000))
			want = append(want, "<"+body+">"...)
			m := &counted{message: text(body), n: &encoded}
			on(t, e.Home(), func() { e.Home().Broadcast(m, nil) })
		}
		for _, c := range clients {
			renew(c)
			got := make([]byte, len(want))
			if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("the broadcasts differ, %v", err)
			}
		}
		on(t, e.Home(), func() {
			if encoded != broadcasts {
				t.Errorf("encoded %d times", encoded)
			}
		})
	})
}

// counted counts how often it is encoded.
type counted struct {
	*message
	n *int
}

func (m *counted) Encoded(slot int, encode func(dst, data []byte, binary bool) []byte) []byte {
	return m.message.Encoded(slot, func(dst, data []byte, binary bool) []byte {
		*m.n++
		return encode(dst, data, binary)
	})
}
