//go:build linux

package main

import (
	"fmt"
	"strings"

	"fanloop/bench/client"
)

// A metric is how a figure is called, shown and compared.
type metric struct {
	name, label string
	lower       bool // better
	alone       bool // not to be compared with others'
	show        func(v float64) string
}

var metrics = []metric{
	{client.Rate, "per second", false, false, thousands},
	{client.ReRate, "again, per second", false, false, thousands},
	{client.CPU, "CPU each, us", true, false, plain},
	{client.PerCPU, "per CPU second", false, false, thousands},
	{client.P50, "p50", true, false, duration},
	{client.P99, "p99", true, false, duration},
	{client.P999, "p99.9", true, false, duration},
	{client.Max, "max", true, false, duration},
	{client.AnswerP50, "answer p50", true, false, duration},
	{client.AnswerP99, "answer p99", true, false, duration},
	{client.RSSPerConn, "RSS a connection, bytes", true, false, thousands},
	{client.RSSPeak, "peak RSS, MiB", true, false, mebibytes},
	{client.StuckRSSPeak, "peak RSS stuck, MiB", true, false, mebibytes},
	{turnP99, "turn p99", true, true, duration},
	{turnP999, "turn p99.9", true, true, duration},
	{turnMax, "longest turn", true, true, duration},
	{client.Burns, "handlers, per second", false, true, plain},
	{client.StuckCut, "stuck cut off", false, true, thousands},
}

// columns are the metrics of a scenario's table.
func (s *scenario) columns() (list []metric) {
	for _, name := range s.Columns {
		list = append(list, metricOf(name))
	}
	return list
}

func metricOf(name string) metric {
	for _, m := range metrics {
		if m.name == name {
			return m
		}
	}
	return metric{name: name, label: name, show: plain}
}

// thousands shows a whole number with commas.
func thousands(v float64) string {
	digits := fmt.Sprintf("%.0f", v)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// plain shows three figures.
func plain(v float64) string {
	switch {
	case v >= 100 || v <= -100:
		return thousands(v)
	case v >= 10 || v <= -10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// duration shows microseconds, as milliseconds from one on.
func duration(us float64) string {
	if us < 1_000 {
		return plain(us) + " us"
	}
	return plain(us/1_000) + " ms"
}

func mebibytes(v float64) string { return plain(v / (1 << 20)) }
