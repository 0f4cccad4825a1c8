//go:build linux

package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// A unit is one of systemd's: of each section the keys, of each key its values. What is commented out but looks like a key counts too: the
// reader is meant to use it.
type unit map[string]map[string][]string

func readUnit(t *testing.T, name string) unit {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	u, section := unit{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		key, value, isKey := strings.Cut(strings.TrimPrefix(line, "#"), "=")
		switch {
		case line == "" || strings.HasPrefix(line, "# "):
		case strings.HasPrefix(line, "["):
			section = line
			u[section] = map[string][]string{}
		case isKey && section != "" && !strings.Contains(key, " "):
			u[section][key] = append(u[section][key], value)
		default:
			t.Errorf("%s: what is %q?", name, line)
		}
	}
	return u
}

// one is the only value of a key.
func (u unit) one(t *testing.T, section, key string) string {
	t.Helper()
	values := u[section][key]
	if len(values) != 1 {
		t.Fatalf("%s %s: %q", section, key, values)
	}
	return values[0]
}

// The command lines of the unit are right, what they ask the service manager for is what it passes on, and it waits long enough.
func TestUnits(t *testing.T) {
	service, socket := readUnit(t, "fanloop.service"), readUnit(t, "fanloop.socket")
	name := socket.one(t, "[Socket]", "FileDescriptorName")
	patience, err := time.ParseDuration(service.one(t, "[Service]", "TimeoutStopSec") + "s")
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	for _, line := range append(service["[Service]"]["ExecStart"], service["[Service]"]["ExecStartPre"]...) {
		args := strings.Fields(line)
		if verbs[args[1]] == nil {
			t.Errorf("%s: no such verb", line)
		}
		if i := slices.Index(args, "-config"); i > 0 {
			if args[i+1] != "/etc/fanloop.toml" {
				t.Error(line)
			}
			args[i+1] = exampleFile
		}
		o, err := parseOptions(args[2:])
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if needed := max(o.leaving.delay, 0) + o.leaving.timeout; patience <= needed {
			t.Errorf("%s: it may take %v to stop, and gets %v", line, needed, patience)
		}
		for _, e := range o.allEndpoints() {
			if passed, is := e.passedAs(); is {
				asked = append(asked, passed)
			}
		}
	}
	if !slices.Equal(asked, []string{name}) {
		t.Errorf("the service asks for %q, and the socket is %q", asked, name)
	}
	if socket.one(t, "[Socket]", "Service") != "fanloop.service" || socket.one(t, "[Install]", "WantedBy") != "sockets.target" {
		t.Error(socket)
	}
	if kind := service.one(t, "[Service]", "Type"); kind != "notify" {
		t.Error("the service tells when it is ready, and the unit says ", kind)
	}
	if address := socket.one(t, "[Socket]", "ListenStream"); checkAddress(address) != nil {
		t.Error(address)
	}
}
