//go:build linux

package main

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// Each stays within its own limits, but half a message from each client would be more than there is for all. Those who hold the most
// go, with 1013, and others are served all the time.
func TestAttackTogether(t *testing.T) {
	const budget, each = 8 << 20, 500 << 10
	d := startSite(t, "-max-memory", "8MiB", "-max-message", "1MiB", "-bind-timeout", "off")
	others := d.bystanders()
	others.served()
	ends := halfMessages(t, d, each)
	expected := attackers - budget/each - 1
	for deadline := time.Now().Add(attackTime); len(ends) < expected || d.server.engine.Stats().Memory > budget; others.served() {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d have ended: %+v", len(ends), expected, d.server.engine.Stats())
		}
	}
	if s := d.server.engine.Stats(); s.MemorySpent == 0 || s.MemoryClosed < uint64(expected) {
		t.Errorf("%+v", s)
	}
	for range expected {
		if end := <-ends; end != "1013 out of memory" {
			t.Errorf("an attacker got %q", end)
		}
	}
}

// halfMessages has each attacker send so much of a message of 1 MiB, and tells of their ends.
func halfMessages(t *testing.T, d *demo, size int) chan string {
	var begin bytes.Buffer
	_ = ws.WriteHeader(&begin, ws.Header{Fin: true, OpCode: ws.OpText, Masked: true, Length: 1 << 20})
	begin.Write(make([]byte, size))
	ends := make(chan string, attackers)
	for range attackers {
		c, err := net.Dial("tcp", d.websocket)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(attackTime))
		t.Cleanup(func() { c.Close() })
		go func() {
			_ = upgrade(c)
			_, _ = c.Write(begin.Bytes())
			ends <- closeCode(c)
		}()
	}
	return ends
}
