package main

import (
	"strings"
	"testing"
)

func TestParseEndpoint(t *testing.T) {
	tests := []struct {
		value  string
		engine string // as the engine takes it
		beyond bool   // others than this machine reach it
		err    string // a part of the error
	}{
		{value: "websocket://0.0.0.0:1234", engine: "tcp4://0.0.0.0:1234", beyond: true},
		{value: "text://127.0.0.1:5678", engine: "tcp4://127.0.0.1:5678"},
		{value: "text://127.9.9.9:0", engine: "tcp4://127.9.9.9:0"},
		{value: "text://10.0.0.1:65535", engine: "tcp4://10.0.0.1:65535", beyond: true},
		{value: "text://:5678", engine: ":5678", beyond: true},
		{value: "text://[::]:5678", engine: "[::]:5678", beyond: true},
		{value: "text://[::1]:5678", engine: "[::1]:5678"},
		{value: "text://[::ffff:127.0.0.1]:5678", engine: "[::ffff:127.0.0.1]:5678"},
		{value: "text://localhost:5678", engine: "localhost:5678"},
		{value: "text://push.example:5678", engine: "push.example:5678", beyond: true},
		{value: "http://127.0.0.1:8080", engine: "tcp4://127.0.0.1:8080"},
		{value: "wss://0.0.0.0:443", engine: "tcp4://0.0.0.0:443", beyond: true},
		{value: "https://:8443", engine: ":8443", beyond: true},
		{value: "texts://unix:/run/push.sock", engine: "unix:/run/push.sock"},
		{value: "http://unix:/run/http.sock", engine: "unix:/run/http.sock"},
		{value: "text://unix:/run/push.sock", engine: "unix:/run/push.sock"},
		{value: "websocket://unix:@abstract", engine: "unix:@abstract"},

		{value: "websocket://systemd:web", engine: "systemd:web", beyond: true},
		{value: "http://systemd:80", engine: "systemd:80", beyond: true},

		{value: "text://systemd:", err: "want websocket://host:port"},
		{value: "", err: "want websocket://host:port"},
		{value: "5678", err: "want websocket://host:port"},
		{value: "127.0.0.1:5678", err: "want websocket://host:port"},
		{value: "text:127.0.0.1:5678", err: "want websocket://host:port"},
		{value: "text://unix:", err: "want websocket://host:port"},
		{value: "ws://127.0.0.1:1234", err: `protocol "ws" is none of websocket, text and http`},
		{value: "Text://127.0.0.1:1234", err: `protocol "Text" is none of websocket, text and http`},
		{value: "://127.0.0.1:1234", err: `protocol "" is none of websocket, text and http`},
		{value: "text://", err: "missing port"},
		{value: "text://127.0.0.1", err: "missing port"},
		{value: "text:///run/push.sock", err: "missing port"},
		{value: "text://::1:5678", err: "too many colons"},
		{value: "text://127.0.0.1:", err: `"" is not a port`},
		{value: "text://127.0.0.1:-1", err: `"-1" is not a port`},
		{value: "text://127.0.0.1:65536", err: `"65536" is not a port`},
		{value: "text://127.0.0.1:http", err: `"http" is not a port`},
		{value: "https2://127.0.0.1:1", err: `protocol "https2" is none of websocket, text and http, nor wss, texts and https`},
		{value: "http://127.0.0.1:8080/", err: `"8080/" is not a port`},
		{value: "websocket://127.0.0.1:1234/path", err: `"1234/path" is not a port`},
	}
	for _, test := range tests {
		e, err := parseEndpoint(test.value)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q: error %v, want %q", test.value, err, test.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", test.value, err)
			continue
		}
		if e.String() != test.value || e.engineAddress() != test.engine || e.beyondLoopback() != test.beyond {
			t.Errorf("%q: got %q, for the engine %q, beyond loopback: %v", test.value, e, e.engineAddress(), e.beyondLoopback())
		}
	}
}
