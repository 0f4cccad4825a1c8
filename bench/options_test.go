//go:build linux

package main

import (
	"io"
	"strings"
	"testing"
)

func TestParseOptions(t *testing.T) {
	for _, test := range []struct {
		args string
		ok   bool
	}{
		{"", true},
		{"-quick", true},
		{"-scenarios step,echo -servers fanloop,floor", true},
		{"-connections 20000", false},
		{"-growth 1000,20000", false},
		{"-growth few", false},
		{"-rounds 0", false},
		{"-size 10", false},
		{"-echo-size 126", false},
		{"-stuck 5000", false},
		{"-paced-rate 0", false},
		{"step", false},
	} {
		if _, err := parseOptions(strings.Fields(test.args), io.Discard); err == nil != test.ok {
			t.Errorf("%q: %v", test.args, err)
		}
	}
}

func TestQuickCanBeChanged(t *testing.T) {
	o, err := parseOptions([]string{"-quick", "-rounds", "2"}, io.Discard)
	if err != nil || o.rounds != 2 || o.connections >= 5_000 {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestPlan(t *testing.T) {
	o, err := parseOptions(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, s := range plan(&o) {
		if names[s.Name] || s.Rounds < 1 || s.Job.Connections < 1 || s.Job.Size < 1 || len(s.Columns) == 0 {
			t.Errorf("%+v", s)
		}
		names[s.Name] = true
	}
	for _, want := range strings.Split("step,burst,paced,one,many,echo,idle,storm,stuck 0,stuck 500,growth 1000,growth 5000,growth 15000", ",") {
		if !names[want] {
			t.Errorf("%s is not in the plan", want)
		}
	}
}

func TestReadPorts(t *testing.T) {
	for _, test := range []struct {
		text string
		ok   bool
	}{
		{"fanloop, process 1\n  websocket://127.0.0.1:1\n  text://127.0.0.1:2\n", true},
		{"  text://127.0.0.1:2\n  websocket://127.0.0.1:1", true},
		{"  websocket://127.0.0.1:1\n", false},
		{"", false},
	} {
		ports, err := readPorts(strings.NewReader(test.text), []string{"websocket", "text"})
		if err == nil != test.ok || test.ok && (ports["websocket"] != "127.0.0.1:1" || ports["text"] != "127.0.0.1:2") {
			t.Errorf("%q: %v, %v", test.text, ports, err)
		}
	}
}
