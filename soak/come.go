//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// come has one page after the other come and go.
func (s *soak) come(ctx context.Context, c *crowd, d *desk, name string) {
	r := s.rng()
	for n := 0; pause(ctx, between(r, 0, 2*time.Second)); n++ {
		v := &visit{soak: s, crowd: c, desk: d, r: r, uid: fmt.Sprintf("%s-%d", name, n), kind: someKind(r)}
		v.target = newTarget("uid", v.uid, 0, 1)
		v.account = newAccount(v.uid, v.target, c.all)
		if err := v.play(ctx); err != nil {
			s.fail("%s over %s, events %v, that %s: %w", v.uid, v.kind.protocol, v.kind.events, v.how, err)
			return
		}
		s.counts.visits.Add(1)
	}
}

// A visit is what one page does from its coming to its going.
type visit struct {
	*soak
	*account
	crowd  *crowd
	desk   *desk
	r      *rand.Rand
	uid    string
	kind   kind
	target *target
	ear    ear
	how    string // it went

	over chan struct{} // closed when it has ended; then:
	end  *ending
	err  error
}

func (v *visit) play(ctx context.Context) (err error) {
	if v.ear, err = v.open(v.ctx, v.kind, v.uid); err != nil {
		return err
	}
	defer v.ear.close()
	v.over = make(chan struct{})
	go func() {
		defer close(v.over)
		v.end, v.err = v.listen(v.ear, v.account)
	}()
	if err := v.arrive(); err != nil {
		return err
	}
	v.crowd.add(v.target)
	pause(ctx, between(v.r, 0, 4*time.Second))
	return v.goes()
}

// arrive waits until the page is where it should be, in a group perhaps.
func (v *visit) arrive() error {
	if err := v.bound(v.desk, v.uid); err != nil {
		return err
	}
	if v.r.IntN(2) == 0 {
		g := v.crowd.groups[v.r.IntN(groupsOf)]
		v.expect(g)
		a, err := v.desk.command(`{"$cmd":"join",%s,%s}`, v.target.member, g.member)
		if err != nil || a.text != `ok {"connections":1}` {
			return fmt.Errorf("join: %q, %w", a.text, err)
		}
	}
	v.settled()
	return nil
}

// goes ends the visit in one of several ways, while it is pushed to or not.
func (v *visit) goes() error {
	if v.r.IntN(2) == 0 {
		v.crowd.remove(v.target)
	}
	var err error
	switch n := v.r.IntN(10); {
	case n < 4:
		err = v.leaves()
	case n < 7:
		err = v.isKicked()
	case n < 8:
		err = v.isUnbound()
	default:
		v.how = "was cut"
		v.ear.cut()
		<-v.over
	}
	v.crowd.remove(v.target)
	if err == nil && v.err != nil && v.ctx.Err() == nil {
		if _, bad := v.err.(*violation); bad || v.exactly() {
			err = v.err
		}
	}
	if err != nil || !v.exactly() {
		return err
	}
	return v.settle()
}

// exactly tells whether the page has heard everything to its end.
func (v *visit) exactly() bool { return v.how == "was kicked" || v.ear.polite() && v.how != "was cut" }

// settle waits for what has not been answered, and holds the answers against what came.
func (v *visit) settle() error {
	for deadline := time.Now().Add(patience); v.target.flying.Load() > 0; {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d pushes are not answered", v.target.flying.Load())
		}
		if !pause(v.ctx, time.Millisecond) {
			return nil
		}
	}
	return v.exact(v.target)
}

// ended waits for the end, and holds what came against what was due.
func (v *visit) ended(due map[string][]int64) error {
	select {
	case <-v.over:
	case <-v.ctx.Done():
		return v.ctx.Err() // what is wrong has been told
	case <-time.After(patience):
		return fmt.Errorf("the server does not end it")
	}
	if v.exactly() && v.end != nil {
		return v.whole(due)
	}
	return nil
}

func (v *visit) leaves() error {
	v.how = "left"
	due := v.due()
	if err := v.ear.leave(); err != nil {
		return err
	}
	return v.ended(due)
}

func (v *visit) isKicked() error {
	v.how = "was kicked"
	due := v.due()
	a, err := v.desk.command(`{"$cmd":"kick",%s,"code":4321,"reason":"go"}`, v.target.member)
	if err != nil || a.text != `ok {"connections":1}` {
		return fmt.Errorf("kick: %q, %w", a.text, err)
	}
	if err := v.ended(due); err != nil {
		return err
	}
	if v.end != nil && v.end.code != 4321 {
		return fmt.Errorf("the code is %d", v.end.code)
	}
	v.counts.kicked.Add(1)
	return nil
}

// isUnbound: nothing is pushed to it any more, and it is still there.
func (v *visit) isUnbound() error {
	v.how = "was unbound"
	due := v.due()
	a, err := v.desk.command(`{"$cmd":"unbind",%s}`, v.target.member)
	if err != nil || a.text != `ok {"connections":1}` {
		return fmt.Errorf("unbind: %q, %w", a.text, err)
	}
	if a, err = v.desk.command(`{"$cmd":"push",%s,"data":"lost"}`, v.target.member); err != nil || a.ok {
		return fmt.Errorf("a push after unbind: %q, %w", a.text, err)
	}
	if err := v.ear.leave(); err != nil {
		return err
	}
	return v.ended(due)
}
