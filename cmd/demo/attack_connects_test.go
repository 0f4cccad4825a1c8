//go:build linux

package main

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Ten thousand connections of one address, as fast as they can come, behind a proxy that says whose they are: a few are let in, the others
// closed, and who comes from elsewhere notices nothing.
func TestAttackConnects(t *testing.T) {
	const connects, each, rate = 10_000, 64, 100
	d := startSite(t, "-trust-proxy", "loopback", "-listen", "websocket://127.0.0.1:0?proxy=1")
	proxied := d.websocket // the first; the bystanders connect to the second
	d.websocket = strings.TrimPrefix(d.stdout.Holding("  websocket://")[1], "  websocket://")
	others := d.bystanders()
	var left, admitted atomic.Int64
	left.Store(connects)
	results := make(chan error, each)
	began := time.Now()
	for range each {
		go func() {
			for left.Add(-1) >= 0 {
				in, err := connectAs(proxied, "203.0.113.7")
				if err != nil {
					results <- err
					return
				}
				if in {
					admitted.Add(1)
				}
			}
			results <- nil
		}()
	}
	for n := 0; n < each; {
		select {
		case err := <-results:
			if n++; err != nil {
				t.Fatal(err)
			}
		default:
			others.served()
		}
	}
	// Four seconds' worth at once, and what has been earned since.
	if most := 4*rate + int64(time.Since(began).Seconds()*rate) + 1; admitted.Load() < 4*rate || admitted.Load() > most {
		t.Errorf("%d were let in, want %d to %d", admitted.Load(), 4*rate, most)
	}
	if s := d.server.engine.Stats(); s.OverRate != uint64(connects-admitted.Load()) {
		t.Errorf("%d were let in, %d turned away", admitted.Load(), s.OverRate)
	}
	if in, err := connectAs(proxied, "203.0.113.8"); !in || err != nil {
		t.Errorf("another address: %v, %v", in, err)
	}
}

// connectAs opens a connection for a client, as a proxy does, asks for a page and goes. It tells whether the client was let in.
func connectAs(address, client string) (in bool, err error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return false, err
	}
	defer c.Close()
	_ = c.(*net.TCPConn).SetLinger(0) // so that no port stays behind
	_ = c.SetDeadline(time.Now().Add(attackTime))
	_, _ = io.WriteString(c, "PROXY TCP4 "+client+" 198.51.100.1 1000 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") // it may be closed by then
	n, err := c.Read(make([]byte, 1))
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		return false, err
	}
	return n > 0, nil
}
