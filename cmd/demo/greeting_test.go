//go:build linux

package main

import (
	"net"
	"strings"
	"testing"

	"fanloop/internal/peers"
)

func TestGreeting(t *testing.T) {
	address := func(ip string, port int) *net.TCPAddr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: port} }
	tests := []struct {
		name      string
		opened    []opened
		reusePort bool
		want      []string
		not       []string
	}{
		{
			name:   "everywhere",
			opened: []opened{{"websocket", address("0.0.0.0", 1234)}, {"text", address("127.0.0.1", 5678)}},
			want: []string{"\n\nTry it. Open http://127.0.0.1:1234 in a browser. It only", "\n  websocket://0.0.0.0:1234\n", "\n  text://127.0.0.1:5678\n",
				"new WebSocket('ws://127.0.0.1:1234')", "| nc -N 127.0.0.1 5678\n"},
			not: []string{"reuseport"},
		},
		{
			name:   "with the page",
			opened: []opened{{"websocket", address("0.0.0.0", 1234)}, {"text", address("127.0.0.1", 5678)}, {"http", address("0.0.0.0", 8080)}},
			want: []string{"\n  http://0.0.0.0:8080\n", "\n\nTry it. Open http://127.0.0.1:8080 in a browser.\n", "\n\nOr do it all by hand. Open http://127.0.0.1:1234 in",
				"\nThen in a shell:\n  echo", "\nor\n  curl --json '{\"uid\":\"uid1\",\"percent\":\"88%\"}' http://127.0.0.1:8080/push\n"},
			not: []string{"Bearer"},
		},
		{
			name:   "the page alone",
			opened: []opened{{"http", address("127.0.0.1", 8080)}},
			want:   []string{"\n\nTry it. Open http://127.0.0.1:8080 in a browser.\n", "\nThen in a shell:\n  curl --json"},
			not:    []string{"by hand", "nc -N"},
		},
		{
			name:   "IPv6",
			opened: []opened{{"websocket", address("::1", 1)}, {"text", address("::", 2)}},
			want:   []string{"\n  websocket://[::1]:1\n", "new WebSocket('ws://[::1]:1')", "| nc -N 127.0.0.1 2\n"},
		},
		{
			name:   "the first of each",
			opened: []opened{{"websocket", address("10.0.0.1", 1)}, {"websocket", address("10.0.0.1", 2)}, {"text", &net.UnixAddr{Net: "unix", Name: "/a"}}, {"text", address("127.0.0.1", 3)}},
			want:   []string{"'ws://10.0.0.1:1'", "\n  text://unix:/a\n", "| nc -N 127.0.0.1 3\n"},
			not:    []string{"'ws://10.0.0.1:2'"},
		},
		{
			name:      "shared",
			opened:    []opened{{"websocket", address("127.0.0.1", 1)}},
			reusePort: true,
			want:      []string{"-reuseport each process has its own users"},
			not:       []string{"nc -N"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out := peers.NewLines()
			s := &server{options: options{port: portOptions{reusePort: test.reusePort}}, stdout: out, opened: test.opened}
			s.greet()
			for _, want := range test.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is missing in:\n%s", want, out)
				}
			}
			for _, not := range test.not {
				if strings.Contains(out.String(), not) {
					t.Errorf("%q should not be in:\n%s", not, out)
				}
			}
		})
	}
}
