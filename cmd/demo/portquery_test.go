package main

import (
	"strings"
	"testing"
	"time"
)

// What stands behind the ? of a -listen counts for that port, and what flags say for all others.
func TestPortOptions(t *testing.T) {
	o, err := parseOptions(strings.Fields("-idle 20s -max-connections off -ping-interval 10s -listen http://:1?idle=60s&max-connections=5" +
		" -listen http://:2 -listen websocket://:3?idle=auto&ping-interval=off&slow=conflate&reuseport=true&max-outbox=64KiB -listen text://unix:/a?max-line=100"))
	if err != nil {
		t.Fatal(err)
	}
	want := make([]portOptions, 4)
	for i := range want {
		want[i] = standardPort()
		want[i].idle, want[i].maxConnections, want[i].pingInterval = 20*time.Second, -1, 10*time.Second
	}
	want[0].idle, want[0].maxConnections = time.Minute, 5
	want[2].idle = 0
	want[2].pingInterval, want[2].slow, want[2].reusePort, want[2].maxOutbox = -1, "conflate", true, 64<<10
	want[3].maxLine, want[3].messageRate, want[3].byteRate, want[3].userTimeout = 100, -1, -1, -1 // for back ends there is none
	for i, e := range o.listen {
		if got := o.portOptions(e); got != want[i] {
			t.Errorf("%s: got %+v, want %+v", e, got, want[i])
		}
	}
}

func TestPortOptionsErrors(t *testing.T) {
	for value, want := range map[string]string{
		"http://:1?idle":                        `"idle": want name=value`,
		"http://:1?=1":                          `"=1": want name=value`,
		"http://:1?idle=1s&":                    `"": want name=value`,
		"http://:1?idle=1s&idle=2s":             "idle is there twice",
		"http://:1?idel=1s":                     "idel: there is no such option of a port",
		"http://:1?single=true":                 "single: there is no such option of a port",
		"http://:1?idle=1":                      "idle: want a time such as 500ms, 30s or 2m, or auto",
		"http://:1?idle=off":                    "idle: want a time such as 500ms, 30s or 2m, or auto",
		"http://:1?max-connections=0":           "max-connections: want a number from 1 up, or off",
		"http://:1?max-body=1mb":                "max-body: want a number of bytes from 1 up, such as 4096, 64KiB, 1MiB",
		"http://:1?slow=down":                   "slow: want close, drop-newest, drop-oldest or conflate",
		"text://:1?max-body=1":                  "max-body: this is for http and https ports",
		"text://:1?message-rate=1":              "message-rate: this is for websocket, wss, http and https ports",
		"http://:1?byte-rate=0":                 "byte-rate: want a number of bytes from 1 up, such as 4096, 64KiB, 1MiB, or off",
		"http://:1?fast=down":                   "fast: want pause or close",
		"text://:1?slow=close":                  "slow: this is for websocket, wss, http and https ports",
		"http://:1?handshake-timeout=1s":        "handshake-timeout: this is for websocket and wss ports",
		"https://:1?max-line=1":                 "max-line: this is for text and texts ports",
		"text://:1?tls-client-ca=a.pem":         "tls-client-ca: this is for texts ports",
		"http://:1?tls-handshakes=1":            "tls-handshakes: this is for wss, https and texts ports",
		"http://unix:/a?reuseport=true":         "reuseport: this is for TCP ports",
		"text://:1?user-timeout=1s":             "user-timeout: this is for websocket, wss, http and https ports over TCP",
		"http://unix:/a?max-per-address=1":      "max-per-address: this is for TCP ports",
		"texts://:1?tls-client-ca=%zz":          `tls-client-ca: invalid URL escape "%zz"`,
		"websocket://:1/path?ping-interval=10s": `"1/path" is not a port, a number from 0 to 65535`,
	} {
		_, err := parseEndpoint(value)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %q", value, err, want)
		}
	}
}

// A port's options are those that flags have, under the same names.
func TestPortFlagsAreFlags(t *testing.T) {
	o := standardOptions()
	flags := o.flags()
	for _, p := range portFlags {
		if flags.Lookup(p.name) == nil {
			t.Errorf("-%s is missing", p.name)
		}
	}
}
