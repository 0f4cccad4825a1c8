//go:build linux

package engine

import (
	"bytes"
	"crypto/tls"
	"slices"
	"testing"
)

// record is a TLS record.
func record(kind byte, body ...byte) []byte {
	return append([]byte{kind, 3, 1, byte(len(body) >> 8), byte(len(body))}, body...)
}

func TestWholeRecords(t *testing.T) {
	hello := []byte{1, 0, 0, 4, 'a', 'b', 'c', 'd'}
	for _, test := range []struct {
		name  string
		input []byte
		whole int
		hello bool
	}{
		{"nothing", nil, 0, false},
		{"a hello", record(22, hello...), 13, true},
		{"in two records", slices.Concat(record(22, hello[:6]...), record(22, hello[6:]...)), 18, true},
		{"its head in two", slices.Concat(record(22, hello[:2]...), record(22, hello[2:]...)), 18, true},
		{"a part of it", record(22, hello[:6]...), 11, false},
		{"a part of its head", record(22, hello[:2]...), 7, false},
		{"with more behind it", slices.Concat(record(22, hello...), record(20, 1), []byte{23, 3}), 19, true},
		{"an empty record", record(22), 5, false},
		{"another kind", record(23, hello...), 13, true},
		{"no TLS", []byte("GET / HTTP/1.1\r\n"), 16, true},
		{"an old SSL", []byte{0x80, 3, 1}, 3, true},
		{"another version", []byte{22, 2}, 2, true},
		{"too long", []byte{22, 3, 1, 0xff, 0xff}, 5, true},
		{"rubbish behind a record", slices.Concat(record(22, hello[:6]...), []byte("GET")), 14, true},
	} {
		n := wholeRecords(test.input)
		if n != test.whole || wholeHello(test.input[:n]) != test.hello {
			t.Errorf("%s: %d bytes are whole, hello %v; want %d, %v", test.name, n, !test.hello, test.whole, test.hello)
		}
	}
	if fragments := bytes.Repeat(record(22, 0), maxHello/6+1); !wholeHello(fragments) {
		t.Error("fragments are gathered without end")
	}
}

// A client's own flight is not whole before its last byte.
func TestWholeHelloOfAClient(t *testing.T) {
	hello := clientHello(t, &tls.Config{ServerName: serverName})
	for n := range len(hello) {
		if whole := wholeRecords(hello[:n]); whole != 0 {
			t.Fatalf("%d of %d bytes: %d are whole", n, len(hello), whole)
		}
	}
	if n := wholeRecords(hello); n != len(hello) || !wholeHello(hello) {
		t.Errorf("%d of %d bytes", n, len(hello))
	}
}

func FuzzTLSRecords(f *testing.F) {
	f.Add(record(22, 1, 0, 0, 1, 'x'))
	f.Add([]byte{22, 3, 1, 0})
	f.Add(bytes.Repeat(record(22, 1), 3))
	f.Fuzz(func(t *testing.T, p []byte) {
		n := wholeRecords(p)
		if n < 0 || n > len(p) {
			t.Fatalf("%d of %d bytes", n, len(p))
		}
		wholeHello(p[:n])
		// What is left is the beginning of a record that more bytes complete.
		if left := p[n:]; len(left) > 0 {
			if m := wholeRecords(left); m != 0 {
				t.Fatalf("%d bytes of the rest are whole", m)
			}
			if more := append(left[:len(left):len(left)], make([]byte, recordHeader+maxRecord)...); wholeRecords(more) == 0 {
				t.Fatal("it never becomes whole")
			}
		}
	})
}
