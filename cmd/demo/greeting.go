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
	fmt.Fprintf(&b, "fanloop, process %d, listens on\n", os.Getpid())
	for _, o := range s.opened {
		fmt.Fprintf(&b, "  %s\n", o)
	}
	if s.options.reusePort {
		b.WriteString("With -reuseport each process has its own users: a push reaches those of one process only.\n")
	}
	if ws := s.nearest(protocolWebSocket); ws != nil {
		// Browsers keep pages from elsewhere, and empty ones, from connecting to this machine: so a page from here, a refusal.
		fmt.Fprintf(&b, "\nTry it. Open http://%s in a browser. It only says what is served here; in its console, type\n"+
			"  ws = new WebSocket('ws://%s'); ws.onopen = () => ws.send('uid1'); ws.onmessage = e => alert(e.data)\n", ws, ws)
	}
	if text := s.nearest(protocolText); text != nil {
		fmt.Fprintf(&b, "\nThen in a shell:\n  echo '{\"uid\":\"uid1\",\"percent\":\"88%%\"}' | nc -N %s %d\n", text.IP, text.Port)
	}
	_, _ = fmt.Fprint(s.stdout, b.String()) // whoever closed stdout does not want to read it
}

// nearest is where one reaches the first TCP port of a protocol from this machine; nil without one.
func (s *server) nearest(protocol string) *net.TCPAddr {
	for _, o := range s.opened {
		tcp, ok := o.addr.(*net.TCPAddr)
		if o.protocol != protocol || !ok {
			continue
		}
		if tcp.IP.IsUnspecified() {
			return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: tcp.Port}
		}
		return tcp
	}
	return nil
}
