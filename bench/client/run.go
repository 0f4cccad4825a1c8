//go:build linux

package client

import (
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"time"
)

// Run does one job and returns what it has shown. It keeps the calling goroutine on one thread meanwhile.
func Run(job Job) Result {
	runtime.LockOSThread()
	debug.SetGCPercent(800) // memory is made before the measurement, not in it
	l, err := newLoad(job)
	if err != nil {
		return Result{Failure: err.Error()}
	}
	defer l.close()
	m := &measurement{load: l, metrics: map[string]float64{}}
	scenario, ok := scenarios[job.Scenario]
	if !ok {
		return Result{Failure: fmt.Sprintf("there is no scenario %q", job.Scenario)}
	}
	if err := scenario(m); err != nil {
		m.failure = err.Error()
	}
	return m.result()
}

var scenarios = map[string]func(m *measurement) error{
	Step: runStep, Burst: runBurst, Paced: runPaced, One: runOne, Many: runMany,
	Echo: runEcho, Idle: runIdle, Storm: runStorm, Stuck: runStuck, HTTP: runHTTP, Busy: runBusy,
}

// A measurement is the part of a job that counts: from begin to end.
type measurement struct {
	*load
	metrics map[string]float64
	failure string

	expected             int64
	rssStart             float64
	started, ended       int64
	cpuBegin, cpuEnd     float64
	clientBegin, ownSeen float64
}

// begin starts the clocks.
func (m *measurement) begin() {
	runtime.GC()
	m.cpuBegin, m.clientBegin = m.server.cpu(), ownCPU()
	m.started = m.now()
}

// end stops them.
func (m *measurement) end() {
	m.ended = m.now()
	m.cpuEnd, m.ownSeen = m.server.cpu(), ownCPU()
}

func (m *measurement) seconds() float64 { return max(float64(m.ended-m.started)/1e9, 1e-9) }

// A client may have been what was slow when it used nearly a core, or much of one and more than the server.
const (
	nearlyCore = 0.9
	muchOfCore = 0.5
)

func (m *measurement) result() Result {
	server, own := m.cpuEnd-m.cpuBegin, m.ownSeen-m.clientBegin
	r := Result{
		Expected: m.expected, Received: m.received, Misplaced: m.misplaced, Closed: m.lost,
		Seconds: m.seconds(), ClientCPU: own / m.seconds(), ServerCPU: server / m.seconds(),
		Metrics: maps.Clone(m.metrics), Failure: m.failure,
	}
	r.ClientBusy = r.ClientCPU > nearlyCore || r.ClientCPU > muchOfCore && own > server
	return r
}

// perMessage reports rate, CPU and times of n messages.
func (m *measurement) perMessage(n int64) {
	cpu := max(m.cpuEnd-m.cpuBegin, 1e-9)
	m.metrics[Rate] = float64(n) / m.seconds()
	m.metrics[CPU] = cpu / max(float64(n), 1) * 1e6
	m.metrics[PerCPU] = float64(n) / cpu
	m.latency.report(m.metrics)
	m.memory()
}

func (m *measurement) memory() {
	m.metrics[RSSPeak] = m.server.rss(residentPeak)
	m.metrics[RSSEnd] = m.server.rss(residentNow)
	if m.job.Connections > 0 {
		m.metrics[RSSPerConn] = (m.metrics[RSSEnd] - m.rssStart) / float64(m.job.Connections)
	}
}

const warmUps = 5 // broadcasts before a measurement

// prepare connects everybody, and broadcasts until everybody is known to be bound.
func (m *measurement) prepare() error {
	m.rssStart = m.server.rss(residentNow)
	if err := m.connectAll(); err != nil {
		return err
	}
	if err := m.warmUp(warmUps); err != nil {
		return err
	}
	return m.pause(seconds(m.job.Settle))
}

// readers is how many connections hear broadcasts.
func (l *load) readers() int64 { return int64(len(l.conns) - l.job.Stuck) }

// warmUp broadcasts n times with the number 0, which nobody counts. All of them are heard by everybody, or it fails.
func (l *load) warmUp(n int) error {
	l.back.lenient = true
	defer func() { l.back.lenient = false }()
	message := newMessage(forAll, l.job.Size)
	deadline := l.now() + int64(l.job.Patience*1e9)
	for whole := 0; whole < n; {
		l.warmed, l.warmAt = 0, l.now()
		stamp(message, 0, l.warmAt)
		l.back.line(message)
		if err := l.back.flush(l); err != nil {
			return err
		}
		if err := l.heard(time.Second); err != nil {
			return err
		}
		if l.warmed == l.readers() {
			whole++
		} else if l.now() > deadline {
			return fmt.Errorf("only %d of %d connections heard a broadcast in time", l.warmed, l.readers())
		}
	}
	return nil
}

// heard waits, but not for ever, until everybody has had the last warm-up and the back end its answer.
func (l *load) heard(limit time.Duration) error {
	for end := l.now() + int64(limit); l.now() < end; {
		if l.warmed == l.readers() && l.back.answered == l.back.asked {
			return nil
		}
		if err := l.poll(10 * time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
