//go:build linux

package engine

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"fanloop/internal/cut"
)

// proxyBinary is a header of version 2: its two bytes of halves, and what follows the length.
func proxyBinary(command, family byte, rest string) string {
	head := append([]byte(proxySignature), command, family)
	return string(binary.BigEndian.AppendUint16(head, uint16(len(rest)))) + rest
}

// addresses4 and addresses6 are those of version 2: a client, this server, and their ports.
const (
	addresses4 = "\xc0\x00\x02\x07\xc0\x00\x02\x09\xdc\x04\x01\xbb"
	addresses6 = "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07" +
		"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09\xdc\x04\x01\xbb"
	client4 = "192.0.2.7:56324"
	client6 = "[2001:db8::7]:56324"
)

// proxyHeaders are right; "" is nobody named.
var proxyHeaders = []struct{ header, client string }{
	{"PROXY TCP4 192.0.2.7 192.0.2.9 56324 443\r\n", client4},
	{"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535"},
	{"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0"},
	{"PROXY TCP6 2001:db8::7 2001:db8::9 56324 443\r\n", client6},
	{"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
	{"PROXY TCP6 ::ffff:192.0.2.7 ::ffff:192.0.2.9 56324 443\r\n", client4},
	{"PROXY UNKNOWN\r\n", ""},
	{"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", ""}, // 107 bytes
	{"PROXY UNKNOWN what\never\r stands here\r\n", ""},
	{proxyBinary(0x21, 0x11, addresses4), client4},
	{proxyBinary(0x21, 0x21, addresses6), client6},
	{proxyBinary(0x21, 0x11, addresses4+"\x03\x00\x04\xa9\xb8\x7e\x8f\x04\x00\x00"), client4}, // fields follow
	{proxyBinary(0x21, 0x21, addresses6+strings.Repeat("x", proxyBinaryMost-proxyFixedPart-36)), client6},
	{proxyBinary(0x21, 0x31, strings.Repeat("\x00", 216)), ""},
	{proxyBinary(0x21, 0x00, ""), ""},
	{proxyBinary(0x21, 0x00, addresses4), ""},
	{proxyBinary(0x20, 0x00, ""), ""},
	{proxyBinary(0x20, 0x11, addresses4), ""},
	{proxyBinary(0x20, 0xff, "whatever"), ""},
}

// malformedProxyHeaders, each with how many of its bytes it takes to see that.
var malformedProxyHeaders = []struct {
	header string
	seen   int
}{
	{"GET / HTTP/1.1\r\n\r\n", 1},
	{"\x16\x03\x01\x02\x00\x01", 1}, // TLS
	{"proxy TCP4 192.0.2.7 192.0.2.9 56324 443\r\n", 1},
	{"PROXY\tTCP4 192.0.2.7 192.0.2.9 56324 443\r\n", 6},
	{"PROXY TCP4 192.0.2.7 192.0.2.9 56324 443\n" + strings.Repeat("x", 100), 107},
	{"PROXY TCP4 192.0.2.7 192.0.2.9 56324 443\n\r\n", 43},
	{"PROXY UNKNOWN " + strings.Repeat("x", 92) + "\r\n", 107},
	{"PROXY UNKNOWN1\r\n", 16},
	{"PROXY \r\n", 8},
	{"PROXY TCP4 192.0.2.7 192.0.2.9 56324\r\n", 38},
	{"PROXY TCP4 192.0.2.7 192.0.2.9 56324 443 \r\n", 43},
	{"PROXY TCP4  192.0.2.7 192.0.2.9 56324 443\r\n", 43},
	{"PROXY TCP4 192.0.2.07 192.0.2.9 56324 443\r\n", 43},
	{"PROXY TCP4 192.0.2.7 192.0.2.256 56324 443\r\n", 44},
	{"PROXY TCP4 192.0.2.7 192.0.2.9 65536 443\r\n", 42},
	{"PROXY TCP4 192.0.2.7 192.0.2.9 56324 0443\r\n", 43},
	{"PROXY TCP4 192.0.2.7 192.0.2.9 +5632 443\r\n", 42},
	{"PROXY TCP4 2001:db8::7 2001:db8::9 56324 443\r\n", 46},
	{"PROXY TCP6 192.0.2.7 192.0.2.9 56324 443\r\n", 42},
	{"PROXY TCP6 fe80::1%eth0 fe80::2 56324 443\r\n", 43},
	{"PROXY UDP4 192.0.2.7 192.0.2.9 56324 443\r\n", 42},
	{"\r\n\r\n\x00\r\nQUIT\r" + "!\x11\x00\x0c" + addresses4, 12},
	{proxyBinary(0x11, 0x11, addresses4), 16},
	{proxyBinary(0x22, 0x11, addresses4), 16},
	{proxyBinary(0x21, 0x12, addresses4), 16}, // datagrams
	{proxyBinary(0x21, 0x10, addresses4), 16},
	{proxyBinary(0x21, 0x01, addresses4), 16},
	{proxyBinary(0x21, 0x41, addresses4), 16},
	{proxyBinary(0x21, 0x11, addresses4[1:]), 16},
	{proxyBinary(0x21, 0x21, addresses6[1:]), 16},
	{proxyBinary(0x21, 0x31, strings.Repeat("\x00", 215)), 16},
	{proxyBinary(0x20, 0x00, strings.Repeat("x", proxyBinaryMost-proxyFixedPart+1)), 16},
}

func TestProxyHeaders(t *testing.T) {
	for _, test := range proxyHeaders {
		whole := []byte(test.header)
		for n := range whole {
			if _, used, err := readProxyHeader(whole[:n]); used != 0 || err != nil {
				t.Fatalf("%q: of %d bytes %d are used, %v", whole, n, used, err)
			}
		}
		for _, behind := range []string{"", "\r\n", "PROXY "} {
			client, used, err := readProxyHeader(append(whole, behind...))
			if used != len(whole) || err != nil {
				t.Errorf("%q: %d of %d bytes are used, %v", whole, used, len(whole), err)
			}
			if client.IsValid() != (test.client != "") || client.IsValid() && client != netip.MustParseAddrPort(test.client) {
				t.Errorf("%q: the client is %v, want %q", whole, client, test.client)
			}
		}
	}
}

func TestMalformedProxyHeaders(t *testing.T) {
	for _, test := range malformedProxyHeaders {
		for n := range len(test.header) + 1 {
			client, used, err := readProxyHeader([]byte(test.header[:n]))
			if want := n >= test.seen; used != 0 || client.IsValid() || (err == ErrProxyHeader) != want || (err != nil) != want {
				t.Errorf("%q: with %d bytes %d are used, %v", test.header, n, used, err)
			}
		}
	}
}

// FuzzProxyHeader: cut anywhere it means the same, and its length is bounded.
func FuzzProxyHeader(f *testing.F) {
	for _, test := range proxyHeaders {
		f.Add([]byte(test.header+"GET "), []byte{1, 9})
	}
	for _, test := range malformedProxyHeaders {
		f.Add([]byte(test.header), []byte{5})
	}
	f.Fuzz(func(t *testing.T, input, widths []byte) {
		client, used, err := readProxyHeader(input)
		if used < 0 || used > min(len(input), proxyBinaryMost) || err != nil && (used != 0 || client.IsValid()) {
			t.Fatalf("%d of %d bytes used, %v, %v", used, len(input), client, err)
		}
		if used == 0 && err == nil && len(input) >= proxyBinaryMost {
			t.Fatal("it never ends")
		}
		var gathered []byte
		for _, piece := range cut.At(input, widths) {
			gathered = append(gathered, piece...)
			c, n, e := readProxyHeader(gathered)
			if n == 0 && e == nil {
				continue
			}
			if c != client || n != used || e != err {
				t.Fatalf("in pieces: %v, %d, %v; whole: %v, %d, %v", c, n, e, client, used, err)
			}
			return
		}
		if used != 0 || err != nil {
			t.Fatal("in pieces it never ends")
		}
	})
}
