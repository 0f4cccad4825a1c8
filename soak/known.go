//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// codeExpired is what a page is closed with whose token has expired.
const codeExpired = 4401

// beKnown has one page after the other show its token in one of the ways, get what is pushed to it, and go.
func (g *guarded) beKnown(ctx context.Context, name string) {
	g.again(ctx, "a page with a token, "+name, func(r *rand.Rand, n int) error {
		k := &knownPage{guarded: g, r: r, uid: fmt.Sprintf("%s-%d", name, n), life: longLife}
		if r.IntN(4) == 0 {
			k.life = shortLife
		}
		k.until = time.Now().Add(k.life)
		err := k.play()
		if err != nil && k.life == shortLife && time.Now().After(k.until.Add(-time.Second)) {
			return nil // it has expired while this machine was busy
		}
		return err
	})
}

// A knownPage is one of them.
type knownPage struct {
	*guarded
	r     *rand.Rand
	uid   string
	life  time.Duration // of its token
	until time.Time
	ear   ear
}

func (k *knownPage) play() (err error) {
	if k.ear, err = k.openKnown(k.r, k.uid, k.token(k.uid, k.life)); err != nil {
		return err
	}
	defer k.ear.close()
	if err := k.bound(k.desk, k.uid); err != nil {
		return err
	}
	if err := k.exchange(); err != nil {
		return err
	}
	p, isPage := k.ear.(*page)
	switch {
	case k.life == shortLife:
		if err := k.expires(); err != nil {
			return err
		}
	case isPage && k.r.IntN(2) == 0: // a fresh token, and it goes on
		if err := p.say(`{"token":"` + k.token(k.uid, longLife) + `"}`); err != nil {
			return err
		}
		if err := k.exchange(); err != nil {
			return err
		}
	}
	k.counts.known.Add(1)
	_ = k.ear.leave() // or the server has said so
	return nil
}

// openKnown opens a page of some kind, which shows the token in some way.
func (g *guarded) openKnown(r *rand.Rand, uid, token string) (ear, error) {
	protocol := []string{"websocket", "wss", "http"}[r.IntN(3)]
	conn, err := g.come(g.server.doors[protocol], r)
	if err != nil {
		return nil, err
	}
	if protocol == "http" && r.IntN(2) == 0 {
		return hearStream(conn, "/events?token="+token)
	}
	path := "/ws"
	switch r.IntN(3) {
	case 0:
		return asEar(shake(g.ctx, conn, path+"?token="+token))
	case 1:
		return asEar(shake(g.ctx, conn, path, "fanloop", "token."+token))
	}
	p, err := shake(g.ctx, conn, path)
	if err == nil {
		err = p.say(`{"token":"` + token + `"}`)
	}
	return asEar(p, err)
}

// asEar keeps a nil page from being an ear that is not nil.
func asEar(p *page, err error) (ear, error) {
	if err != nil {
		return nil, err
	}
	return p, nil
}

// exchange pushes to the page, by its uid and by the group that its token has put it into, and waits for each.
func (k *knownPage) exchange() error {
	for i, to := range []string{`"uid":"` + k.uid + `"`, `"group":"` + k.uid + `-group"`} {
		text := fmt.Sprintf("%s %d", k.uid, i)
		a, err := k.desk.command(`{"$cmd":"push",%s,"text":%q}`, to, text)
		if err != nil || a.text != `ok {"taken":1,"refused":0}` {
			return fmt.Errorf("a push to %s: %q, %w", to, a.text, err)
		}
		if got, end, err := k.ear.next(); err != nil || end != nil || string(got) != text {
			return fmt.Errorf("got %q, %v, %w; want %q", got, end, err, text)
		}
	}
	return nil
}

// expires waits for the end of its token.
func (k *knownPage) expires() error {
	got, end, err := k.ear.next()
	switch {
	case err != nil || end == nil:
		return &violation{fmt.Errorf("at the end of the token: got %q, %w", got, err)}
	case end.code != codeExpired:
		return &violation{fmt.Errorf("at the end of the token: code %d", end.code)}
	}
	return nil
}

// beFast has one page after the other send more than it may, and be told so.
func (g *guarded) beFast(ctx context.Context, name string) {
	g.again(ctx, "a page past its rate, "+name, func(r *rand.Rand, n int) error {
		uid := fmt.Sprintf("%s-%d", name, n)
		conn, err := g.come(g.quick, r)
		if err != nil {
			return err
		}
		p, err := shake(g.ctx, conn, "/?token="+g.token(uid, longLife))
		if err != nil {
			return err
		}
		defer p.close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		for range 20 * messages { // four seconds' worth may come at once
			if err := p.say("too fast"); err != nil {
				break // it may have been closed already
			}
		}
		if _, end, err := p.next(); err != nil || end == nil || end.code != 1008 {
			return fmt.Errorf("ended with %v, %w", end, err)
		}
		g.counts.fast.Add(1)
		return nil
	})
}
