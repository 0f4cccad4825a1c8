//go:build linux

package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fanloop/engine"
)

// What each loop shows of its own.
var (
	loopConnections = loopDesc("connections", "Connections that are open, those that are saying goodbye included.")
	loopStalled     = loopDesc("connections_stalled", "Connections whose peer takes no more at the moment.")
	loopBusy        = loopDesc("loop_busy_seconds_total", "How long a loop has been serving events, and not waiting for one.")
	loopTurns       = loopDesc("loop_turn_seconds", "How long a loop worked between one look at its sockets and the next; the sum is its busy time.")

	loopPushes = loopDesc("push_duration_seconds", "How long it took from the hub's taking a push until each of its connections on a loop had its turn to write it; peers that do not read are left out.")

	loopDescs = []*prometheus.Desc{loopConnections, loopStalled, loopBusy, loopTurns, loopPushes}
)

func loopDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(prefix+name, help, []string{"loop"}, nil)
}

// classEnds are the ends of the histograms' classes: 16 µs to 1.07 s, each four times the one before. The engine counts up to powers of
// two of 256 ns exactly.
var classEnds = func() (limits []time.Duration) {
	for power := 6; power <= 22; power += 2 {
		limits = append(limits, 256*time.Nanosecond<<power)
	}
	return limits
}()

func collectLoop(to chan<- prometheus.Metric, l *engine.Loop, name string) {
	// The classes come first: what is counted meanwhile only adds to the total.
	turns, pushes := classesOf(l.TurnsWithin), classesOf(l.PushesWithin)
	s := l.Stats()
	to <- prometheus.MustNewConstMetric(loopConnections, prometheus.GaugeValue, float64(s.Connections), name)
	to <- prometheus.MustNewConstMetric(loopStalled, prometheus.GaugeValue, float64(s.Stalled), name)
	to <- prometheus.MustNewConstMetric(loopBusy, prometheus.CounterValue, s.Busy.Seconds(), name)
	to <- prometheus.MustNewConstHistogram(loopTurns, s.Turns.Count, s.Busy.Seconds(), turns, name)
	to <- prometheus.MustNewConstHistogram(loopPushes, s.PushTimes.Count, s.PushTimes.Sum.Seconds(), pushes, name)
}

func classesOf(within func(limits ...time.Duration) []uint64) map[float64]uint64 {
	classes := map[float64]uint64{}
	for i, n := range within(classEnds...) {
		classes[classEnds[i].Seconds()] = n
	}
	return classes
}
