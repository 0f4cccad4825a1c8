//go:build linux

package engine

import "testing"

func TestParseAddress(t *testing.T) {
	tests := []struct{ in, network, address string }{
		{"127.0.0.1:80", "tcp4", "127.0.0.1:80"},
		{":0", "tcp", ":0"},
		{"[::1]:80", "tcp", "[::1]:80"},
		{"[fe80::1%lo]:80", "tcp", "[fe80::1%lo]:80"},
		{"localhost:http", "tcp", "localhost:http"},
		{"tcp://127.0.0.1:80", "tcp4", "127.0.0.1:80"},
		{"tcp4://:80", "tcp4", ":80"},
		{"tcp6://[::1]:80", "tcp6", "[::1]:80"},
		{"unix:/run/a.sock", "unix", "/run/a.sock"},
		{"unix:a.sock", "unix", "a.sock"},
		{"unix:///run/a.sock", "unix", "/run/a.sock"},
		{"unix://a.sock", "unix", "a.sock"},
		{"unix:@name", "unix", "@name"},
		{"unix:/run/a:b", "unix", "/run/a:b"},
	}
	for _, tt := range tests {
		network, address, err := parseAddress(tt.in)
		if err != nil || network != tt.network || address != tt.address {
			t.Errorf("%q: %q, %q, %v; want %q, %q", tt.in, network, address, err, tt.network, tt.address)
		}
	}
}

var badAddresses = []string{
	"", "localhost", "127.0.0.1", "::1:80:", "[::1]", "/run/a.sock", "tcp4://", "tcp://127.0.0.1", "://:80",
	"udp://:80", "TCP://:80", "http://:80", "websocket://0.0.0.0:1234", "unix:", "unix://",
}

func TestParseBadAddress(t *testing.T) {
	for _, in := range badAddresses {
		if network, address, err := parseAddress(in); err == nil {
			t.Errorf("%q: %q, %q and no error", in, network, address)
		}
	}
}
