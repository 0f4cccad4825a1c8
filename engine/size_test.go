//go:build linux

package engine

import (
	"testing"
	"unsafe"
)

// A connection at rest fits an allocation of 160 bytes (the next is 176), and what only some need one of 80: with a million of
// them, each step of it counts.
func TestConnSize(t *testing.T) {
	if size := unsafe.Sizeof(Conn{}); size > 160 {
		t.Errorf("a Conn has %d bytes, more than 160", size)
	}
	if size := unsafe.Sizeof(seldom{}); size > 80 {
		t.Errorf("a seldom has %d bytes, more than 80", size)
	}
}
