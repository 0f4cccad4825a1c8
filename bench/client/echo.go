//go:build linux

package client

import "errors"

// runEcho lets every connection have one message on its way, there and back, all the time.
func runEcho(m *measurement) error {
	m.rssStart = m.server.rss(residentNow)
	if err := m.connectAll(); err != nil {
		return err
	}
	e := newEcho(m)
	if err := e.run(min(warmEchoes, m.job.Messages)); err != nil {
		return err
	}
	if err := m.pause(seconds(m.job.Settle)); err != nil {
		return err
	}
	m.received, m.latency = 0, newHistogram()
	m.expected = int64(m.job.Messages)
	m.begin()
	err := e.run(m.job.Messages)
	m.end()
	m.perMessage(m.received)
	return err
}

const warmEchoes = 5_000

// An echo is a run in which each message that comes back sends the next.
type echo struct {
	m     *measurement
	frame []byte
	head  int
	left  int // messages that may still be sent
	err   error
}

func newEcho(m *measurement) *echo {
	payload := newMessage("", m.job.Size)
	e := &echo{m: m, frame: appendMasked(nil, payload)}
	e.head = len(e.frame) - len(payload)
	m.onMessage = e.back
	return e
}

// run sends n messages over all connections and waits for them.
func (e *echo) run(n int) error {
	goal := e.m.received + int64(n)
	e.left = n
	for i := range e.m.conns {
		if e.left > 0 {
			e.send(&e.m.conns[i])
		}
	}
	return errors.Join(e.m.until("echoing", func() bool { return e.err != nil || e.m.received == goal }), e.err)
}

func (e *echo) send(c *conn) {
	e.left--
	stampMasked(e.frame[e.head:], c.next, e.m.now())
	if err := e.m.send(c, e.frame); err != nil {
		e.err = err
	}
}

// back is a message that has come back: a wrong one stops its connection.
func (e *echo) back(c *conn, payload []byte, now int64) {
	before := e.m.received
	if len(payload) == e.m.job.Size {
		e.m.judge(c, payload, now)
	} else {
		e.m.misplaced++
	}
	if e.m.received > before && e.left > 0 {
		e.send(c)
	}
}
