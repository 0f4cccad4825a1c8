//go:build unix

package peers

import (
	"errors"
	"net"
	"syscall"
	"testing"
)

// A held port refuses, and is listened at by one after the other.
func TestHoldPort(t *testing.T) {
	address := HoldPort(t)
	for range 2 {
		if _, err := net.Dial("tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatal(err)
		}
		ln, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if conn, err := net.Dial("tcp", address); err != nil {
			t.Error(err)
		} else {
			conn.Close()
		}
		ln.Close()
	}
}
