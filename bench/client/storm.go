//go:build linux

package client

// runStorm lets everybody connect and say its uid, cuts all connections at once, and lets everybody come back at once. Then all must
// be bound.
func runStorm(m *measurement) error {
	m.rssStart = m.server.rss(residentNow)
	m.begin()
	if err := m.connectAll(); err != nil {
		return err
	}
	m.end()
	m.latency.report(m.metrics)
	m.metrics[Rate] = float64(len(m.conns)) / m.seconds()
	m.metrics[CPU] = (m.cpuEnd - m.cpuBegin) / float64(len(m.conns)) * 1e6
	if err := m.warmUp(1); err != nil {
		return err
	}
	return m.comeBack()
}

func (m *measurement) comeBack() error {
	for i := range m.conns {
		m.hangUp(&m.conns[i])
	}
	began := m.now()
	if err := m.connectAll(); err != nil {
		return err
	}
	m.metrics[ReRate] = float64(len(m.conns)) / (float64(m.now()-began) / 1e9)
	if err := m.warmUp(1); err != nil {
		return err
	}
	// Everybody hears one numbered broadcast: the new connections are bound, and none of the old ones is.
	m.expected = int64(len(m.conns))
	if err := m.broadcast(newMessage(forAll, m.job.Size), 1); err != nil {
		return err
	}
	err := m.until("waiting for everybody", m.allArrived)
	m.memory()
	return err
}
