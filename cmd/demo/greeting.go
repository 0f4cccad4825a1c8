//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// greet prints what listens where, and what to try.
func (s *server) greet() {
	var b strings.Builder
	fmt.Fprintf(&b, "fanloop, process %d, listens on\n", os.Getpid())
	for _, o := range s.opened {
		fmt.Fprintf(&b, "  %s\n", o)
	}
	if s.admin != nil {
		fmt.Fprintf(&b, "Metrics and profiles: %s\n", s.admin)
	}
	if s.options.tls.selfSigned {
		fmt.Fprintf(&b, "The certificate is self-signed: browsers warn, and curl wants -k. SHA-256 %s\n", s.fingerprint)
	}
	if s.options.port.reusePort {
		b.WriteString("With -reuseport each process has its own users: a push reaches those of one process only.\n")
	}
	s.suggestPage(&b)
	s.suggestPush(&b)
	_, _ = fmt.Fprint(s.stdout, b.String()) // whoever closed stdout does not want to read it
}

func (s *server) suggestPage(b *strings.Builder) {
	begin := "\nTry it. Open"
	for _, protocol := range []string{protocolHTTP, "https"} {
		web := s.nearest(protocol)
		if web == nil {
			continue
		}
		fmt.Fprintf(b, "%s %s://%s in a browser.\n", begin, protocol, web)
		begin = "\nOr do it all by hand. Open"
		break
	}
	if s.door != nil {
		b.WriteString("Pages have to show who they are: docs/identity.md tells how.\n")
		return
	}
	if ws := s.nearest(protocolWebSocket); ws != nil {
		// Browsers keep pages from elsewhere, and empty ones, from connecting to this machine: so a page from here, a refusal.
		fmt.Fprintf(b, "%[1]s http://%[2]s in a browser. It only says that WebSockets are served here; in its console, type\n"+
			"  ws = new WebSocket('ws://%[2]s'); ws.onopen = () => ws.send('uid1'); ws.onmessage = e => alert(e.data)\n", begin, ws)
	}
}

func (s *server) suggestPush(b *strings.Builder) {
	begin := "\nThen in a shell:"
	if text := s.nearest(protocolText); text != nil {
		line := `echo '{"uid":"uid1","percent":"88%"}'`
		if s.options.token != "" {
			line = `(echo "auth $` + tokenVariable + `"; ` + line + `)`
		}
		fmt.Fprintf(b, "%s\n  %s | nc -N %s %d\n", begin, line, text.IP, text.Port)
		begin = "or"
	}
	if web := s.nearest(protocolHTTP); web != nil {
		token := ""
		if s.options.apiToken() != "" {
			token = `-H "Authorization: Bearer $` + tokenVariable + `" `
		}
		fmt.Fprintf(b, "%s\n  curl %s--json '{\"uid\":\"uid1\",\"percent\":\"88%%\"}' http://%s/push\n", begin, token, web)
	}
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
