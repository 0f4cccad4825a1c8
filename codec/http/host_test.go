package http

import (
	"net/netip"
	"strings"
	"testing"
)

func TestHost(t *testing.T) {
	for _, host := range []string{
		"a", "a.b.", "xn--p8j9a0d9c9a.example", "a_b", "localhost:1234", "a:", "a:0", "a:065535", "a:65535",
		"1.2.3.4", "1.2.3.4:80", "999.1", "%41%c3%a9", "!$&'()*+,;=~-.", "[::]", "[::1]:80", "[::ffff:1.2.3.4]:",
		"[1:2:3:4:5:6:7:8]", "[ABCD:ef01::]",
	} {
		if !validHostPort([]byte(host)) {
			t.Errorf("%q is refused", host)
		}
	}
	for _, host := range []string{
		"", ":", ":80", "a:65536", "a:99999999999999999999", "a:8o", "a:-1", "a:80:80", "a b", "a/b", "a?b", "a#b", "u@a",
		"a\\b", "a\"", "<a>", "a[", "[a]", "[", "]", "[]", "[::1", "::1", "::1]", "[::1]80", "[::1]a:80", "[::1]]",
		"[[::1]]", "[::1%25eth0]", "[fe80::1%eth0]", "[v1.a]", "[1.2.3.4]", "%4", "%zz", "%", "a,b c", "é", "a\x00",
	} {
		if validHostPort([]byte(host)) {
			t.Errorf("%q is taken", host)
		}
	}
}

// FuzzIPv6 holds the checks of addresses against net/netip, which allocates.
func FuzzIPv6(f *testing.F) {
	for _, seed := range []string{
		"::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1::2::3", ":::", ":",
		":1", "1:", "12345::", "g::", "1:2:3:4:5:6:1.2.3.4", "::1.2.3.4", "1.2.3.4", "::1.2.3", "::1.2.3.256", "::01.2.3.4",
		"::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4.", "fe80::1%eth0", "", "1:2:3:4:5:6:7", "::1.2.3.1234",
		"1:2:3:4:5:6:7::8", "0.0.0.0", "::255.255.255.255", "10.0.249.100", "1:2:3:4:5::6:1.2.3.4",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		addr, err := netip.ParseAddr(s)
		if want := err == nil && addr.Is6() && addr.Zone() == ""; validIPv6([]byte(s)) != want {
			t.Errorf("IPv6 %q: %v, for net/netip %v", s, !want, want)
		}
		if want := err == nil && addr.Is4(); validIPv4([]byte(s)) != want {
			t.Errorf("IPv4 %q: %v, for net/netip %v", s, !want, want)
		}
	})
}

func TestEqualFold(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"", "", true},
		{"Sec-WebSocket-Key", "sec-websocket-KEY", true},
		{"a", "ab", false},
		{"websoc\u212Aet", "websoc\u212Aet", true}, // the Kelvin sign, which Unicode folds to k
		{"websoc\u212Aet", "websoc" + "kxxet", false},
		{"^", "~", false}, // tchars that differ in the bit that makes small letters
		{"_", "\x7f", false},
		{"@", "`", false},
		{"[", "{", false},
	} {
		if got := equalFold([]byte(test.a), test.b); got != test.want {
			t.Errorf("%q, %q: %v", test.a, test.b, got)
		}
	}
}

// Every byte at every place in a word, among bytes that make the quick look hesitate.
func TestValidValue(t *testing.T) {
	for _, fill := range []string{"x", " ", "\t", "\x80", "\xff"} {
		for c := range 256 {
			want := c >= 0x20 && c != 0x7f || c == '\t'
			for at := range 19 {
				value := []byte(strings.Repeat(fill, 19))
				value[at] = byte(c)
				if got := validValue(value); got != want {
					t.Fatalf("byte %#x at %d among %q: %v", c, at, fill, got)
				}
			}
		}
	}
}
