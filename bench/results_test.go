//go:build linux

package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fanloop/bench/client"
	"fanloop/bench/hubalone"
)

// sample has three rounds of a step, in which the rival loses something once.
func sample() *Results {
	r := &Results{Sittings: []sitting{{Command: "go run ./bench"}}, Servers: []*contestant{
		{Name: ourName}, {Name: floorName}, {Name: "one", Rival: true}, {Name: "two", Rival: true}, {Name: "none", Missing: "not <installed>", Rival: true},
	}}
	o, _ := parseOptions([]string{"-rounds", "3", "-scenarios", "step,growth,stuck"}, io.Discard)
	for _, s := range plan(&o) {
		r.start(s)
	}
	for _, s := range r.Plan {
		for n := range 3 {
			for i, c := range r.Servers[:4] {
				v := float64(100*(4-i) + n)
				result := client.Result{Expected: 5, Received: 5, Metrics: map[string]float64{client.Rate: v * 1000, client.P99: v, client.CPU: v / 100}}
				if c.Name == "one" && n == 2 && s.Name == "step" {
					result.Received = 4
				}
				r.Runs = append(r.Runs, round{s.Name, c.Name, n + 1, 1, result})
			}
		}
	}
	r.Hubs = []hubalone.Result{{UIDs: 1_000_000, Bind: 1.5}}
	r.summarize()
	return r
}

func TestSummary(t *testing.T) {
	r := sample()
	step := r.Summary[0].Servers
	if got := step[0].Metrics[client.Rate]; got != (spread{401_000, 400_000, 402_000}) {
		t.Errorf("ours: %v", got)
	}
	if one := step[2]; one.Rounds != 2 || len(one.Failures) != 1 || one.Metrics[client.Rate].Max != 201_000 {
		t.Errorf("a round with a loss was counted: %+v", one)
	}
	if c := step[0].AgainstBest[client.Rate]; c.Rival != "one" || c.High != 2 {
		t.Errorf("most a second is best: %+v", c)
	}
	if c := step[0].AgainstBest[client.P99]; c.Rival != "two" {
		t.Errorf("least time is best: %+v", c)
	}
	if step[2].AgainstBest != nil || r.whole() {
		t.Error("a rival was compared with a rival, or a loss was overlooked")
	}
}

// TestFar: only a rival that is the best in nothing, and behind in what the scenario is about, has fewer rounds.
func TestFar(t *testing.T) {
	r := sample()
	s := &r.Plan[0]
	for _, test := range []struct {
		server string
		times  float64
		want   bool
	}{
		{"one", 1.1, false}, // the best in rate
		{"two", 1.1, false}, // the best in p99
	} {
		if got := r.isFar(test.server, s, test.times); got != test.want {
			t.Errorf("%s, %g times: %v", test.server, test.times, got)
		}
	}
	s.Columns = []string{client.Rate}
	if !r.isFar("two", s, 1.9) || r.isFar("two", s, 2.1) {
		t.Error("two has half the rate of the best")
	}
	s.Headline, s.Columns = client.P99, []string{client.P99}
	if !r.isFar("one", s, 1.9) || r.isFar("one", s, 2.1) {
		t.Error("one has twice the p99 of the best")
	}
}

func TestTable(t *testing.T) {
	table := sample().table()
	for _, want := range []string{
		"## step: 200 broadcasts to 5000", "| fanloop | 401,000 (400,000 - 402,000) | 4.01 ", "left out: not <installed>",
		"**one failed in a round:** 4 of 5 arrived in order", "compared with the floor's in the same round: fanloop +1.00 us",
		"as a multiple of that without stuck clients: fanloop 1.00", "| 1,000,000 | 1.50 |",
		"fanloop, per second, to each: 2.00 of one's (2.00 - 2.00, 50 %), 3.97 of two's (3.94 - 4.00, 75 %)",
		"differs by 0.00 us over these numbers",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
}

func TestWrite(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	if err := sample().write(folder); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var back Results
	if err := json.Unmarshal(text, &back); err != nil || len(back.Runs) != len(sample().Runs) || back.Runs[0].Expected != 5 {
		t.Errorf("results.json: %d rounds, %v", len(back.Runs), err)
	}
	picture, err := os.Open(filepath.Join(folder, "results.svg"))
	if err != nil {
		t.Fatal(err)
	}
	defer picture.Close()
	for d := xml.NewDecoder(picture); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestShow(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{thousands(1_234_567), "1,234,567"}, {thousands(-1_234), "-1,234"}, {thousands(999), "999"}, {plain(0.123), "0.12"}, {plain(12.34), "12.3"},
		{duration(12.3), "12.3 us"}, {duration(12_345), "12.3 ms"}, {mebibytes(3 << 19), "1.50"},
	} {
		if test.got != test.want {
			t.Errorf("%s, want %s", test.got, test.want)
		}
	}
}
