//go:build linux

package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

var metricName = regexp.MustCompile(`\b(fanloop|go|process)_[a-z_]+`)

// The dashboard asks for metrics that there are, and for labels that they have.
func TestDashboard(t *testing.T) {
	file, err := os.ReadFile("../docs/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(file, &board); err != nil {
		t.Fatal(err)
	}
	known := names(t)
	queries := 0
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			queries++
			all := metricName.FindAllString(target.Expr, -1)
			if len(all) == 0 {
				t.Errorf("%s: %s names no metric", p.Title, target.Expr)
			}
			for _, name := range all {
				labels, found := known[name]
				if !found {
					t.Errorf("%s: %s is not there", p.Title, name)
				}
				if by := groupedBy(target.Expr); by != "instance" && !strings.Contains(labels, by) {
					t.Errorf("%s: %s has no label %s", p.Title, name, by)
				}
			}
		}
	}
	if queries < 30 {
		t.Errorf("%d queries", queries)
	}
}

func groupedBy(query string) string {
	_, rest, found := strings.Cut(query, "sum by (")
	if !found {
		return "instance"
	}
	by, _, _ := strings.Cut(rest, ")")
	return by
}

// names are those of the demo's metrics, each with its labels.
func names(t *testing.T) map[string]string {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(New(serve(t).sources), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for _, f := range families {
		labels := ""
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels += " " + l.GetName()
		}
		if f.GetMetric()[0].GetHistogram() != nil {
			known[f.GetName()+"_bucket"] = labels + " le"
			continue
		}
		known[f.GetName()] = labels
	}
	return known
}
