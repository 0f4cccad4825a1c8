//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/gobwas/ws"
)

// beUnknown has one after the other not be what the guarded server asks for: a page without a right token, a back end without the word, a
// proxy without a header. Each is sent away in its protocol.
func (g *guarded) beUnknown(ctx context.Context) {
	ways := []func(r *rand.Rand) error{g.wrongToken, g.wrongFirstMessage, g.expiredToken, g.wrongWord, g.wrongHeader}
	g.again(ctx, "one without a right token", func(r *rand.Rand, _ int) error {
		i := r.IntN(len(ways))
		if err := ways[i](r); err != nil {
			return fmt.Errorf("way %d: %w", i, err)
		}
		g.counts.unknown.Add(1)
		return nil
	})
}

// wrongToken: nobody has signed it.
func (g *guarded) wrongToken(r *rand.Rand) error {
	token := []byte(g.token("nobody", longLife))
	token[len(token)-10] ^= 1
	protocol := []string{"websocket", "wss", "http"}[r.IntN(3)]
	conn, err := g.come(g.server.doors[protocol], r)
	if err != nil {
		return err
	}
	p, err := shake(g.ctx, conn, "/ws?token="+string(token))
	if err == nil {
		p.close()
	}
	if status, refused := errors.AsType[ws.StatusError](err); !refused || status != 401 {
		return fmt.Errorf("a wrong token: %w, want 401", err)
	}
	return nil
}

// wrongFirstMessage is no token.
func (g *guarded) wrongFirstMessage(r *rand.Rand) error {
	return g.closedWith(1008, r, "nobody")
}

// expiredToken was right.
func (g *guarded) expiredToken(r *rand.Rand) error {
	return g.closedWith(codeExpired, r, `{"token":"`+g.token("nobody", -time.Minute)+`"}`)
}

func (g *guarded) closedWith(code int, r *rand.Rand, first string) error {
	conn, err := g.come(g.server.doors["wss"], r)
	if err != nil {
		return err
	}
	p, err := shake(g.ctx, conn, "/")
	if err != nil {
		return err
	}
	defer p.close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if err := p.say(first); err != nil {
		return err
	}
	if _, end, err := p.next(); err != nil || end == nil || end.code != code {
		return fmt.Errorf("ended with %v, %w; want %d", end, err, code)
	}
	return nil
}

// wrongWord is a back end's, or none.
func (g *guarded) wrongWord(r *rand.Rand) error {
	line := []string{"auth nothing\n", `{"uid":"nobody"}` + "\n", "auth \n"}[r.IntN(3)]
	return g.said(proxyHeader(r), line, "fail\n")
}

// wrongHeader is none of the PROXY protocol: nothing is said to it.
func (g *guarded) wrongHeader(r *rand.Rand) error {
	header := []string{"PROXY TCP4 192.0.2.1\r\n", "PROXY TCP9 a b 1 2\r\n", "\r\n\r\n\x00\r\nQUIT\n\x31\x11\x00\x0c", ""}[r.IntN(4)]
	return g.said([]byte(header), "auth "+word+"\n", "")
}

// said is all that a back end reads behind a header and a line.
func (g *guarded) said(header []byte, line, want string) error {
	conn, err := g.dialBehind(g.ctx, g.server.doors["text"], false, header)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(conn, line) // it may have been closed already
	got, err := io.ReadAll(conn)
	if isTimeout(err) || string(got) != want {
		return fmt.Errorf("behind %q and %q: got %q, %w, want %q", header, line, got, err, want)
	}
	return nil
}
