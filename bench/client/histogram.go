package client

import "github.com/HdrHistogram/hdrhistogram-go"

// A histogram of times in nanoseconds, from a microsecond to two minutes in three digits.
type histogram struct{ *hdrhistogram.Histogram }

func newHistogram() histogram {
	return histogram{hdrhistogram.New(1_000, 120_000_000_000, 3)}
}

// record counts one time; what is out of range counts as the nearest that is not.
func (h histogram) record(ns int64) {
	_ = h.RecordValue(min(max(ns, 1_000), 119_000_000_000)) // in range
}

// recordAll counts the same time for n messages.
func (h histogram) recordAll(ns int64, n int) {
	_ = h.RecordValues(min(max(ns, 1_000), 119_000_000_000), int64(n)) // in range
}

// quantile is in microseconds.
func (h histogram) quantile(percent float64) float64 {
	return float64(h.ValueAtPercentile(percent)) / 1e3
}

// report writes the quantiles of all messages.
func (h histogram) report(metrics map[string]float64) {
	if h.TotalCount() == 0 {
		return
	}
	metrics[P50] = h.quantile(50)
	metrics[P99] = h.quantile(99)
	metrics[P999] = h.quantile(99.9)
	metrics[Max] = float64(h.Histogram.Max()) / 1e3
}
