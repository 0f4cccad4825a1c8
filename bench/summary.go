//go:build linux

package main

import (
	"math"
)

// A summary is what all rounds of a scenario have shown.
type summary struct {
	Scenario string
	Servers  []standing
}

// A standing is one server in one scenario.
type standing struct {
	Server     string
	Rounds     int // that came to their end, with nothing lost
	Failures   []string
	ClientCPU  float64 // cores, the median
	ServerCPU  float64
	ClientBusy bool // in most rounds the client may have been the limit
	Metrics    map[string]spread
	// AgainstBest are the ratios to the rival whose median is best, round by round. Not for rivals themselves.
	AgainstBest map[string]comparison
	Against     []comparison // the same for the scenario's headline, to each rival
}

// A comparison is a ratio to a rival.
type comparison struct {
	Rival string
	interval
}

// summarize fills in Summary from Runs.
func (r *Results) summarize() {
	r.Summary = nil
	for i := range r.Plan {
		s := &r.Plan[i]
		sum := r.summaryOf(s)
		r.compare(&sum)
		r.compareEach(&sum, metricOf(s.Headline))
		r.Summary = append(r.Summary, sum)
	}
}

func (r *Results) summaryOf(s *scenario) summary {
	sum := summary{Scenario: s.Name}
	for _, c := range r.Servers {
		if runs := r.runsOf(s.Name, c.Name); len(runs) > 0 {
			sum.Servers = append(sum.Servers, standingOf(c.Name, runs))
		}
	}
	return sum
}

func (r *Results) runsOf(scenario, server string) (list []*round) {
	for i := range r.Runs {
		if r.Runs[i].Scenario == scenario && r.Runs[i].Server == server {
			list = append(list, &r.Runs[i])
		}
	}
	return list
}

func standingOf(server string, runs []*round) standing {
	st := standing{Server: server, Metrics: map[string]spread{}}
	var own, theirs []float64
	busy := 0
	for _, run := range runs {
		if !run.Whole() {
			st.Failures = append(st.Failures, complaint(&run.Result))
			continue
		}
		st.Rounds++
		own, theirs = append(own, run.ClientCPU), append(theirs, run.ServerCPU)
		if run.ClientBusy {
			busy++
		}
	}
	st.ClientBusy = busy*2 > st.Rounds
	if st.Rounds > 0 {
		st.ClientCPU, st.ServerCPU = spreadOf(own).Median, spreadOf(theirs).Median
	}
	for _, m := range metrics {
		if values := valuesOf(runs, m.name); len(values) > 0 {
			st.Metrics[m.name] = spreadOf(mapValues(values))
		}
	}
	return st
}

// valuesOf are a metric's values by round, of the rounds that came to their end.
func valuesOf(runs []*round, metric string) map[int]float64 {
	values := map[int]float64{}
	for _, run := range runs {
		if v, ok := run.Metrics[metric]; ok && run.Whole() {
			values[run.Round] = v
		}
	}
	return values
}

func mapValues(m map[int]float64) (list []float64) {
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

// compare sets ours and the floor against the best rival of each metric.
func (r *Results) compare(sum *summary) {
	for _, m := range metrics {
		best := r.bestRival(sum, m)
		if best == "" || m.alone {
			continue
		}
		theirs := valuesOf(r.runsOf(sum.Scenario, best), m.name)
		for i := range sum.Servers {
			st := &sum.Servers[i]
			list := ratios(valuesOf(r.runsOf(sum.Scenario, st.Server), m.name), theirs)
			if r.isRival(st.Server) || len(list) == 0 {
				continue
			}
			if st.AgainstBest == nil {
				st.AgainstBest = map[string]comparison{}
			}
			st.AgainstBest[m.name] = comparison{best, intervalOf(list)}
		}
	}
}

// compareEach sets ours and the floor against each rival, in the metric that the scenario is about.
func (r *Results) compareEach(sum *summary, m metric) {
	for i := range sum.Servers {
		st := &sum.Servers[i]
		if r.isRival(st.Server) {
			continue
		}
		own := valuesOf(r.runsOf(sum.Scenario, st.Server), m.name)
		for _, other := range sum.Servers {
			list := ratios(own, valuesOf(r.runsOf(sum.Scenario, other.Server), m.name))
			if r.isRival(other.Server) && len(list) > 0 {
				st.Against = append(st.Against, comparison{other.Server, intervalOf(list)})
			}
		}
	}
}

// bestRival is the one with the best median.
func (r *Results) bestRival(sum *summary, m metric) (name string) {
	best := math.Inf(1)
	for _, st := range sum.Servers {
		v, ok := st.Metrics[m.name]
		if !ok || !r.isRival(st.Server) {
			continue
		}
		value := v.Median
		if !m.lower {
			value = -value
		}
		if value < best {
			best, name = value, st.Server
		}
	}
	return name
}

// isFar tells whether a rival is so many times worse than the best one in what the scenario is about, and the best in nothing.
func (r *Results) isFar(server string, s *scenario, times float64) bool {
	sum := r.summaryOf(s)
	for _, m := range s.columns() {
		if r.bestRival(&sum, m) == server {
			return false
		}
	}
	m := metricOf(s.Headline)
	best, own := r.bestRival(&sum, m), spread{}
	var most spread
	for _, st := range sum.Servers {
		switch st.Server {
		case best:
			most = st.Metrics[m.name]
		case server:
			own = st.Metrics[m.name]
		}
	}
	if m.lower {
		return own.Median > times*most.Median
	}
	return own.Median*times < most.Median
}

func (r *Results) isRival(server string) bool {
	for _, c := range r.Servers {
		if c.Name == server {
			return c.Rival
		}
	}
	return false
}
