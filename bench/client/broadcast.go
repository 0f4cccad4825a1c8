//go:build linux

package client

import "time"

// runStep broadcasts the next message when the one before has been answered.
func runStep(m *measurement) error {
	return m.broadcasts(func(message []byte) error {
		for i := range m.job.Messages {
			if err := m.broadcast(message, uint32(i+1)); err != nil {
				return err
			}
			if err := m.until("waiting for an answer", m.allAnswered); err != nil {
				return err
			}
		}
		return nil
	})
}

// runBurst broadcasts everything at once.
func runBurst(m *measurement) error {
	return m.broadcasts(func(message []byte) error {
		at := m.now()
		for i := range m.job.Messages {
			stamp(message, uint32(i+1), at)
			m.back.line(message)
		}
		return m.back.flush(m.load)
	})
}

// runPaced broadcasts at a fixed rate.
func runPaced(m *measurement) error {
	return m.broadcasts(func(message []byte) error { return m.pace(message, 1) })
}

// pace broadcasts the job's messages at its rate, numbered from first. The time in a message is that of its sending.
func (m *measurement) pace(message []byte, first int) error {
	begun, period := m.now(), float64(time.Second)/m.job.Rate
	for i := range m.job.Messages {
		due := begun + int64(float64(i)*period)
		if err := m.pause(time.Duration(due - m.now())); err != nil {
			return err
		}
		if err := m.broadcast(message, uint32(first+i)); err != nil {
			return err
		}
	}
	return nil
}

// broadcasts prepares, measures what publish sends, and waits for all of it.
func (m *measurement) broadcasts(publish func(message []byte) error) error {
	if err := m.prepare(); err != nil {
		return err
	}
	m.expected = int64(m.job.Messages) * m.readers()
	m.begin()
	err := publish(newMessage(forAll, m.job.Size))
	if err == nil {
		err = m.until("waiting for broadcasts", m.allArrived)
	}
	m.end()
	m.perMessage(m.received)
	return err
}

func (m *measurement) broadcast(message []byte, seq uint32) error {
	stamp(message, seq, m.now())
	m.back.line(message)
	return m.back.flush(m.load)
}

func (l *load) allAnswered() bool { return l.back.answered == l.back.asked }

func (m *measurement) allArrived() bool {
	return m.received >= m.expected && m.allAnswered()
}
