//go:build linux

package main

import (
	"flag"
	"os"
	"strings"
	"testing"
)

// other are values that are not the defaults, of options that take none of those that most take.
var other = map[string]string{"slow": "conflate", "fast": "close"}

// The file says (restart) of what a reload names, and of nothing else.
func TestExampleFileNamesRestarts(t *testing.T) {
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	o := standardOptions()
	o.flags().VisitAll(func(f *flag.Flag) {
		switch f.Name {
		case "config", "d", "version", "listen", "tls-cert", "tls-key", "tls-client-ca", "jwt-key": // they say more of it
			return
		}
		live := changes[f.Name] != nil
		if p := findPortFlag(f.Name); p != nil {
			live = p.isLimit(standardPort(), anotherPort(t, p))
		}
		if says := strings.Contains(commentOf(string(text), f.Name), "(restart)"); says == live {
			t.Errorf("%s can change at run time: %v; the file says (restart): %v", f.Name, live, says)
		}
	})
}

// anotherPort is a port with another value of one option.
func anotherPort(t *testing.T, p *portFlag) portOptions {
	t.Helper()
	o := standardPort()
	was := p.value(&o).String()
	for _, value := range []string{other[p.name], "7", "7s", "true", "7.0.0.0/8"} {
		if value != "" && p.value(&o).Set(value) == nil && p.value(&o).String() != was {
			return o
		}
	}
	t.Fatalf("%s: no value but the default is known here", p.name)
	return o
}
