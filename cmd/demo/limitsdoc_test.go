package main

import (
	"flag"
	"strconv"
	"strings"
	"testing"
	"time"

	doc "fanloop/internal/limits"
)

// notLimits are options of ports that say how something is done, and not how much of it, or of more than one limit.
var notLimits = map[string]bool{"reuseport": true, "slow": true, "fast": true, "proxy": true, "tls-client-ca": true, "idle": true, "backend-token": true}

// docs/limits.md has the flags with their defaults, and each flag that is a limit is in it.
func TestLimitsDocument(t *testing.T) {
	o := standardOptions()
	flags := o.flags()
	told := map[string]bool{}
	for _, r := range doc.Rows(t) {
		if r.Flag == "" {
			continue
		}
		told[r.Flag] = true
		f := flags.Lookup(r.Flag)
		if f == nil {
			t.Errorf("%s: there is no -%s", r.Limit, r.Flag)
			continue
		}
		if got := spell(f, r.Program); r.Flag != "max-memory" && got != r.Program {
			t.Errorf("-%s is %s, docs/limits.md says %s", r.Flag, got, r.Program)
		}
	}
	want := func(name string) {
		if !told[name] && !notLimits[name] {
			t.Errorf("-%s is missing in docs/limits.md", name)
		}
	}
	for _, p := range portFlags {
		want(p.name)
	}
	only := flag.NewFlagSet("", flag.ContinueOnError)
	o.limits.addFlags(only)
	only.VisitAll(func(f *flag.Flag) { want(f.Name) })
}

// spell writes a flag's default as the table does.
func spell(f *flag.Flag, like string) string {
	if d, err := time.ParseDuration(f.DefValue); err == nil && d != 0 {
		return doc.Period(d)
	}
	for suffix, unit := range map[string]int{"MiB": 1 << 20, "KiB": 1 << 10} {
		if number, found := strings.CutSuffix(f.DefValue, suffix); found {
			n, _ := strconv.Atoi(number)
			return doc.Bytes(n * unit)
		}
	}
	n, _ := strconv.Atoi(f.DefValue)
	if strings.HasSuffix(like, " bytes") {
		return doc.Count(n) + " bytes"
	}
	return doc.Count(n)
}
