//go:build linux

package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"fanloop/internal/peers"
)

// A back end that pushes faster than the loops can send is held back in the middle of what it has written, not cut off: every
// line is answered, every page gets everything in order, and no page is called slow.
func TestFastBackEndIsHeldBack(t *testing.T) {
	const pages, lines, size = 60, 62, 16 << 10 // no page is owed more than may wait for it, and several lines fit even small kernel buffers
	d := start(t)
	var reading sync.WaitGroup
	for i := range pages {
		p := d.page(fmt.Sprint("uid", i))
		p.Say(`{"join":"g"}`)
		p.Settle()
		reading.Go(func() {
			for n := range lines {
				if got := p.Next(); !strings.HasPrefix(got, line(n, 0)) {
					t.Errorf("page %d: message %d begins %.20q", i, n, got)
					return
				}
			}
		})
	}
	backend := peers.Connect(t, d.text)
	go func() {
		for n := range lines {
			backend.Write(line(n, size) + "\n")
		}
	}()
	for n := range lines {
		if got := backend.Answer(); got != "ok" {
			t.Fatalf("line %d: %q", n, got)
		}
	}
	reading.Wait()
	stats := d.server.engine.Stats()
	if stats.HeldBack == 0 || stats.SlowConsumers != 0 {
		t.Errorf("held back %d times, %d slow consumers", stats.HeldBack, stats.SlowConsumers)
	}
}

// line is one for the group whose beginning tells its number, with size more bytes; without any, only the beginning.
func line(n, size int) string {
	begin := fmt.Sprintf(`{"group":"g","n":"%04d",`, n)
	if size == 0 {
		return begin
	}
	return begin + `"x":"` + strings.Repeat("x", size) + `"}`
}
