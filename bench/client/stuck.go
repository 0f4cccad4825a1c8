//go:build linux

package client

import "golang.org/x/sys/unix"

// fillSize is the size of the messages that stall the connections which never read.
const fillSize = 16 << 10

// overFill is how much everybody is sent in the end: more than a server should keep for a client that does not read.
const overFill = 2 << 20

// runStuck measures paced broadcasts while some connections are stalled: they have not read the job's Fill bytes. Then everybody is sent
// more than a server should keep, and all the others must still get everything.
func runStuck(m *measurement) error {
	m.chooseStuck()
	if err := m.prepare(); err != nil {
		return err
	}
	first, err := m.fill(1, m.job.Fill)
	if err != nil {
		return err
	}
	if err := m.pause(seconds(m.job.Settle)); err != nil {
		return err
	}
	m.latency = newHistogram()
	if first, err = m.measurePaced(first); err != nil {
		return err
	}
	if m.job.Stuck == 0 {
		return nil // this was the run to compare with
	}
	if _, err = m.fill(first, overFill); err != nil {
		return err
	}
	m.metrics[StuckRSSPeak] = m.server.rss(residentPeak)
	cut, err := m.countCut()
	m.metrics[StuckCut] = float64(cut)
	return err
}

// chooseStuck spreads them evenly.
func (m *measurement) chooseStuck() {
	for i := range m.job.Stuck {
		m.conns[i*len(m.conns)/m.job.Stuck].stuck = true
	}
}

// fill broadcasts bytes in big messages, one after the other has been heard by all who read.
func (m *measurement) fill(first, bytes int) (next int, err error) {
	message := newMessage(forAll, fillSize)
	for ; bytes > 0; bytes -= fillSize {
		m.expected += m.readers()
		if err := m.broadcast(message, uint32(first)); err != nil {
			return first, err
		}
		if err := m.until("filling", m.allArrived); err != nil {
			return first, err
		}
		first++
	}
	return first, nil
}

func (m *measurement) measurePaced(first int) (next int, err error) {
	before := m.received
	m.expected += int64(m.job.Messages) * m.readers()
	m.begin()
	if err = m.pace(newMessage(forAll, m.job.Size), first); err == nil {
		err = m.until("waiting for broadcasts", m.allArrived)
	}
	m.end()
	m.perMessage(m.received - before)
	return first + m.job.Messages, err
}

// countCut lets the stuck connections read at last, to see which of them end: the server has given them up.
func (m *measurement) countCut() (int, error) {
	for i := range m.conns {
		c := &m.conns[i]
		if c.state != deaf {
			continue
		}
		c.state = emptied
		if err := m.watch(unix.EPOLL_CTL_ADD, c.fd, c.id, unix.EPOLLIN); err != nil {
			return 0, err
		}
	}
	err := m.pause(seconds(m.job.Rest))
	return m.cut, err
}

// cutOff notes that the server has given up a stuck connection: it says so with a Close frame, or just ends it.
func (l *load) cutOff(c *conn) {
	l.cut++
	l.hangUp(c)
}
