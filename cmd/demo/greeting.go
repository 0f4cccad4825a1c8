//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// greet prints what listens where, and the two lines to try.
func (s *server) greet() {
	var b strings.Builder
	fmt.Fprintf(&b, "fanloop, process %d\n", os.Getpid())
	for _, o := range s.opened {
		fmt.Fprintf(&b, "  %-10s %s\n", o.protocol, o.addr)
	}
	if s.options.reusePort {
		b.WriteString("  -reuseport: processes that share a port have their users each for itself\n")
	}
	if ws := s.first(protocolWebSocket); ws != "" {
		fmt.Fprintf(&b, "\nIn a browser's console:\n  ws = new WebSocket('ws://%s'); ws.onopen = () => ws.send('uid1'); ws.onmessage = e => alert(e.data)\n", ws)
	}
	if text := s.first(protocolText); text != "" {
		host, port, _ := net.SplitHostPort(text)
		fmt.Fprintf(&b, "In a shell:\n  echo '{\"uid\":\"uid1\",\"percent\":\"88%%\"}' | nc -N %s %s\n", host, port)
	}
	fmt.Fprint(s.stdout, b.String())
}

// first is where one reaches the first endpoint of a protocol from this machine; "" without one on TCP.
func (s *server) first(protocol string) string {
	for _, o := range s.opened {
		tcp, ok := o.addr.(*net.TCPAddr)
		if o.protocol != protocol || !ok {
			continue
		}
		if tcp.IP.IsUnspecified() {
			return net.JoinHostPort("127.0.0.1", fmt.Sprint(tcp.Port))
		}
		return tcp.String()
	}
	return ""
}
