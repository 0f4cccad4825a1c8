//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// A guarded server is a second one beside the first: all that connects to it comes through a proxy that speaks the PROXY protocol, its pages
// show who they are by a token, and its back ends say theirs.
type guarded struct {
	*soak
	server *server
	quick  door // where who sends too much is closed
	desk   *desk
	secret []byte // that pages' tokens are signed with
}

const (
	word      = "soak-back-ends" // of back ends
	messages  = 10               // a second, at the quick port
	shortLife = 8 * time.Second  // of a token that expires meanwhile
	longLife  = time.Hour
)

// startGuarded runs it.
func (s *soak) startGuarded() (*guarded, error) {
	g := &guarded{soak: s, secret: []byte(strings.Repeat("soak", 12))}
	file := filepath.Join(s.folder, "jwt.secret")
	if err := os.WriteFile(file, g.secret, 0o600); err != nil {
		return nil, err
	}
	v, args := s.prepare("guarded")
	args = append(args, "-jwt-key", file, "-jwt-leeway", "off", "-token", word, "-trust-proxy", "loopback", "-proxy", "-proxy-timeout", "1m")
	for _, l := range []string{
		"websocket://127.0.0.1:0?handshake-timeout=1m", fmt.Sprintf("websocket://127.0.0.1:0?handshake-timeout=1m&fast=close&message-rate=%d", messages),
		"wss://127.0.0.1:0?handshake-timeout=1m&tls-handshake-timeout=1m", "http://127.0.0.1:0?head-timeout=1m", "text://127.0.0.1:0",
	} {
		args = append(args, "-listen", l)
	}
	opened, err := s.launch(v, args)
	if err != nil {
		return nil, err
	}
	for protocol, doors := range opened {
		v.doors[protocol] = doors[0]
	}
	g.server, g.quick = v, opened["websocket"][len(opened["websocket"])-1]
	if g.desk, err = g.openDesk(); err != nil {
		v.kill()
		return nil, err
	}
	return g, nil
}

// openDesk is a back end that has said the word.
func (g *guarded) openDesk() (*desk, error) {
	conn, err := g.come(g.server.doors["text"], g.rng())
	if err != nil {
		return nil, err
	}
	l := newLines(conn, true)
	a, err := l.ask([]byte("auth "+word+"\n"), 1)
	if err == nil && !a[0].ok {
		err = errors.New("the guarded server does not let its back end in")
	}
	return &desk{lines: l}, err
}

// come connects behind a PROXY header of either version.
func (g *guarded) come(d door, r *rand.Rand) (net.Conn, error) {
	return g.dialBehind(g.ctx, d, false, proxyHeader(r))
}

// proxyHeader speaks for somebody.
func proxyHeader(r *rand.Rand) []byte {
	client := byte(1 + r.IntN(254))
	switch r.IntN(3) {
	case 0:
		return fmt.Appendf(nil, "PROXY TCP4 192.0.2.%d 198.51.100.1 4000 443\r\n", client)
	case 1:
		return fmt.Appendf(nil, "PROXY TCP6 2001:db8:%x::1 2001:db8::2 4000 443\r\n", client)
	}
	header := []byte("\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x00\xc6\x33\x64\x01\x0f\xa0\x01\xbb")
	header[19] = client
	return header
}

// token is good for that long.
func (g *guarded) token(uid string, life time.Duration) string {
	claims := jwt.MapClaims{"sub": uid, "groups": []string{uid + "-group"}, "exp": time.Now().Add(life).Unix()}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(g.secret)
	if err != nil {
		panic(err) // a secret signs everything
	}
	return token
}

// finish waits until all have left, holds what the server has counted against what came, and ends it.
func (g *guarded) finish() {
	if g.failed() {
		return
	}
	g.desk.close()
	var open, bound, groups, memory, identified, refused, missing, backEnds, malformed, closes int64
	for deadline := time.Now().Add(patience); ; {
		err := g.server.read(map[string]*int64{
			"connections": &open, "bound": &bound, "groups": &groups, "memory_used": &memory, "identified": &identified, "identity_refused": &refused,
			"identity_missing": &missing, "back_ends_refused": &backEnds, "proxy_malformed": &malformed, "rate_closes": &closes,
		})
		if err == nil && open+bound+groups+memory == 0 {
			break
		}
		if time.Now().After(deadline) || err != nil {
			g.fail("guarded: everybody has left: %d connections, %d with a uid, %d groups, %d bytes: %w", open, bound, groups, memory, err)
			return
		}
		if !pause(g.ctx, 100*time.Millisecond) {
			return
		}
	}
	c := &g.counts
	if let, sent := c.known.Load()+c.fast.Load(), c.unknown.Load(); int64(let) > identified || int64(sent) > refused+missing+backEnds+malformed {
		g.fail("guarded: %d let in, %d sent away; the server has counted %d, and %d+%d+%d+%d", let, sent, identified, refused, missing, backEnds, malformed)
	}
	if int64(c.fast.Load()) > closes {
		g.fail("guarded: %d pages were closed for their rate, and %d counted", c.fast.Load(), closes)
	}
	g.server.signal(syscall.SIGTERM)
	if err := g.server.end(g.ctx); err != nil {
		g.fail("guarded: %w", err)
	}
}

// again has one after the other come, until ctx ends or one finds something wrong.
func (g *guarded) again(ctx context.Context, what string, play func(r *rand.Rand, n int) error) {
	r := g.rng()
	for n := 0; pause(ctx, between(r, 0, 2*time.Second)); n++ {
		if err := play(r, n); err != nil {
			if !g.failed() {
				g.fail("%s %d: %w", what, n, err)
			}
			return
		}
	}
}
