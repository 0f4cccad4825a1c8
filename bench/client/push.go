//go:build linux

package client

import "math/rand/v2"

// A pusher sends messages to single uids and numbers them for each.
type pusher struct {
	m       *measurement
	random  *rand.Rand
	message []byte   // up to date but for uid, number and time
	sent    []uint32 // by connection
}

// pushSeed makes all servers get the same uids in the same order.
const pushSeed = 20261122

func newPusher(m *measurement) *pusher {
	p := &pusher{m: m, random: rand.New(rand.NewPCG(pushSeed, 0)), sent: make([]uint32, len(m.conns))}
	p.message = newMessage(forUID(0), m.job.Size)
	return p
}

// push sends one message to a random uid. Number 0 is for warming up.
func (p *pusher) push(warm bool) {
	i := p.random.IntN(len(p.sent))
	putDigits(p.message[uidDigits:uidDigits+7], uint64(i))
	seq := uint32(0)
	if !warm {
		p.sent[i]++
		seq = p.sent[i]
	}
	stamp(p.message, seq, p.m.now())
	p.m.back.line(p.message)
}

// warmPushes are sent before a measurement, for servers that compile while they run.
const warmPushes = 500

func (p *pusher) warm() error {
	for range min(warmPushes, p.m.job.Messages) {
		p.push(true)
	}
	return p.m.until("warming up", p.m.allAnswered)
}

// readyPusher is one whose server is warm and has been left alone since.
func readyPusher(m *measurement) (*pusher, error) {
	if err := m.prepare(); err != nil {
		return nil, err
	}
	p := newPusher(m)
	if err := p.warm(); err != nil {
		return nil, err
	}
	return p, m.pause(seconds(m.job.Settle))
}

// runOne pushes to one uid at a time, and waits both for the message and for the answer.
func runOne(m *measurement) error {
	p, err := readyPusher(m)
	if err != nil {
		return err
	}
	m.begin()
	err = m.pushOneByOne(p)
	m.end()
	m.pushed()
	return err
}

// pushed reports the times of messages and of answers.
func (m *measurement) pushed() {
	m.perMessage(m.received)
	m.metrics[AnswerP50] = m.answers.quantile(50)
	m.metrics[AnswerP99] = m.answers.quantile(99)
}

func (m *measurement) pushOneByOne(p *pusher) error {
	var sent int64
	m.back.onAnswer = func(now int64) { m.answers.record(now - sent) }
	for range m.job.Messages {
		m.expected++
		sent = m.now()
		p.push(false)
		if err := m.back.flush(m.load); err != nil {
			return err
		}
		if err := m.until("waiting for a push", m.allArrived); err != nil {
			return err
		}
	}
	return nil
}

// runMany pushes to random uids without waiting for answers, but for those that the window asks for.
func runMany(m *measurement) error {
	p, err := readyPusher(m)
	if err != nil {
		return err
	}
	m.begin()
	err = m.pushMany(p)
	m.end()
	m.perMessage(m.received)
	return err
}

// chunk is how many bytes of lines are made ahead of the kernel: little, for a line's time is when it is made.
const chunk = 32 << 10

func (m *measurement) pushMany(p *pusher) error {
	left := m.job.Messages
	window := m.job.Window
	if window <= 0 {
		window = left
	}
	more := func() bool {
		for left > 0 && m.back.waiting() < chunk && m.back.asked-m.back.answered < window {
			p.push(false)
			m.expected++
			left--
		}
		return left == 0 && m.allArrived()
	}
	return m.until("pushing", more)
}
