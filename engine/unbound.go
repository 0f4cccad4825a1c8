//go:build linux

package engine

import "time"

// AwaitAttach closes the connection, with a goodbye of its protocol (WebSocket: 1008) and the reason ErrUnbound, unless a hub has taken
// it (Ref.Attach, which Bind of fanloop/hub calls) within d. Without d, and when a hub has it already, nothing happens; a second call
// begins anew. What it needs goes with the answer, whichever it is.
func (c *Conn) AwaitAttach(d time.Duration) {
	if d <= 0 || c.state != open || c.detached || c.gone != nil {
		return
	}
	c.forgetAttach()
	c.seldom().timer = c.loop.After(d, c.unbound)
}

// unbound is called when the time is over.
func (c *Conn) unbound() {
	if c.state != open || c.detached || c.gone != nil {
		return
	}
	c.some.timer = nil
	c.some.reason = ErrUnbound
	c.loop.stats.unbound.Add(1)
	c.loop.kick(c, statusPolicyViolation, "no uid in time")
}

// forgetAttach stops the timer, and frees what was there for it only.
func (c *Conn) forgetAttach() {
	s := c.some
	if s == nil || s.timer == nil || c.state != open {
		return
	}
	s.timer.Stop()
	s.timer = nil
	if s.rest == nil && s.reason == nil && s.secure == nil && !s.drains && !s.starved && !s.eofTold && c.hold&holdBacklog == 0 {
		c.some = nil
	}
}
