//go:build linux

package main

import (
	"fmt"
	"strings"
	"time"
)

// table is everything in Markdown, for the terminal and for results.md.
func (r *Results) table() string {
	var b strings.Builder
	r.heading(&b)
	for i, sum := range r.Summary {
		s := &r.Plan[i]
		fmt.Fprintf(&b, "\n## %s: %s%s\n\n", sum.Scenario, s.Title, r.sittingOf(s.Sitting))
		standings(&b, &sum, s)
		comparisons(&b, &sum, s)
		r.relations(&b, &sum)
		r.turns(&b, &sum)
		notes(&b, &sum)
	}
	r.hubTable(&b)
	return b.String()
}

func (r *Results) heading(b *strings.Builder) {
	fmt.Fprintf(b, "# Benchmark of %s\n\n%s.\n\n", r.Sittings[0].Started.Format("2006-01-02"), r.Machine)
	for i, s := range r.Sittings {
		took := time.Duration(s.Seconds * float64(time.Second)).Round(time.Second)
		fmt.Fprintf(b, "%d. `%s`, commit %s, at %s, in %s\n", i+1, s.Command, s.Commit, s.Started.Format("2006-01-02 15:04 MST"), took)
	}
	b.WriteString("\n")
	row(b, "server", "version", "what it is")
	row(b, "---", "---", "---")
	for _, c := range r.Servers {
		what := c.What
		if c.Missing != "" {
			what = "left out: " + c.Missing
		}
		row(b, c.Name, c.Version, what)
	}
	b.WriteString("\nEach figure is the median of the rounds, with the least and the most in brackets. CPU is the server's, user and system. " +
		"The cores that server and client used are the median too; `*`: the client may have been the limit. " +
		"Rivals that are very slow in a scenario, or far from the best, had fewer rounds of it: then that stands behind the name.\n")
}

// sittingOf tells in which sitting something was measured, if there are several.
func (r *Results) sittingOf(sitting int) string {
	if len(r.Sittings) == 1 {
		return ""
	}
	return fmt.Sprintf(" (run %d)", sitting+1)
}

// standings has a row a server and a column a metric.
func standings(b *strings.Builder, sum *summary, s *scenario) {
	shown := measured(sum, s.columns())
	head, line := []string{"server"}, []string{"---"}
	for _, m := range shown {
		head, line = append(head, m.label), append(line, "---:")
	}
	row(b, append(head, "cores: server, client")...)
	row(b, append(line, "---:")...)
	for _, st := range sum.Servers {
		cells := []string{nameAndRounds(&st, s)}
		for _, m := range shown {
			cells = append(cells, cell(&st, m))
		}
		row(b, append(cells, cores(&st))...)
	}
}

// nameAndRounds tells when a server has had fewer rounds than the others.
func nameAndRounds(st *standing, s *scenario) string {
	if st.Rounds+len(st.Failures) < s.Rounds {
		return fmt.Sprintf("%s (%d of %d rounds)", st.Server, st.Rounds, s.Rounds)
	}
	return st.Server
}

// measured are those of the columns that a server has in this scenario.
func measured(sum *summary, columns []metric) (list []metric) {
	for _, m := range columns {
		for _, st := range sum.Servers {
			if _, ok := st.Metrics[m.name]; ok {
				list = append(list, m)
				break
			}
		}
	}
	return list
}

func cell(st *standing, m metric) string {
	v, ok := st.Metrics[m.name]
	switch {
	case !ok:
		return "-"
	case st.Rounds == 1:
		return m.show(v.Median)
	}
	return fmt.Sprintf("%s (%s - %s)", m.show(v.Median), m.show(v.Min), m.show(v.Max))
}

func cores(st *standing) string {
	mark := ""
	if st.ClientBusy {
		mark = " *"
	}
	return fmt.Sprintf("%.2f, %.2f%s", st.ServerCPU, st.ClientCPU, mark)
}

// comparisons are the ratios to the best rivals, and in what the scenario is about to each.
func comparisons(b *strings.Builder, sum *summary, s *scenario) {
	first := true
	for _, st := range sum.Servers {
		if len(st.AgainstBest) == 0 {
			continue
		}
		if first {
			b.WriteString("\nRatios to the best rival, round by round: the median, and where it lies with how much confidence.\n\n")
			first = false
		}
		var parts []string
		for _, m := range s.columns() {
			if c, ok := st.AgainstBest[m.name]; ok {
				parts = append(parts, fmt.Sprintf("%s %.2f of %s's", m.label, c.Median, c.Rival)+sureness(c.interval))
			}
		}
		fmt.Fprintf(b, "- %s: %s\n", st.Server, strings.Join(parts, "; "))
		if st.Server == ourName && len(st.Against) > 1 {
			fmt.Fprintf(b, "- %s, %s, to each: %s\n", st.Server, metricOf(s.Headline).label, strings.Join(toEach(st.Against), ", "))
		}
	}
}

func toEach(list []comparison) (parts []string) {
	for _, c := range list {
		parts = append(parts, fmt.Sprintf("%.2f of %s's", c.Median, c.Rival)+sureness(c.interval))
	}
	return parts
}

func sureness(i interval) string {
	if i.Low == i.High {
		return ""
	}
	return fmt.Sprintf(" (%.2f - %.2f, %.0f %%)", i.Low, i.High, i.Confidence*100)
}

// notes tell what failed.
func notes(b *strings.Builder, sum *summary) {
	for _, st := range sum.Servers {
		for _, failure := range st.Failures {
			fmt.Fprintf(b, "\n**%s failed in a round:** %s\n", st.Server, failure)
		}
	}
}

func row(b *strings.Builder, cells ...string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}
