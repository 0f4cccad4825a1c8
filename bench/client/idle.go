//go:build linux

package client

// runIdle measures what a bound connection weighs that does nothing. Before memory is read the server has a rest: collectors have
// their time.
func runIdle(m *measurement) error {
	if err := m.prepare(); err != nil {
		return err
	}
	m.begin()
	err := m.pause(seconds(m.job.Rest))
	m.end()
	m.memory()
	return err
}
