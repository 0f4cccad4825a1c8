//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fanloop/internal/peers"
)

func TestControlSocket(t *testing.T) {
	d := newHome(t).startDaemon()
	for path, want := range map[string]os.FileMode{d.place.socket(): os.ModeSocket | 0o600, d.place.pidFile: 0o600, d.place.log(): 0o600} {
		if info, err := os.Lstat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
	one, two := peers.Connect(t, "unix:"+d.place.socket()), peers.Connect(t, "unix:"+d.place.socket())
	for line, want := range map[string]string{
		"":             `"\"\" is none of status, stop and stop -g"`,
		"Status":       `"\"Status\" is none of`,
		"stop  -g":     `is none of`,
		"stop -g now":  `is none of`,
		`{"all":true}`: `is none of`,
		"\xff":         `{"error":"\"\\xff\" is none of`,
	} {
		if got := one.Ask(line); !strings.HasPrefix(got, `fail {"error":"`) || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	two.Write("status\nstatus\nstop -x\n")
	for _, want := range []string{`{"version":"`, `{"version":"`, `fail {"error":`} {
		if got := two.Answer(); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if s := d.status(); s.Connections != 0 || s.Accepted != 0 || s.BytesIn != 0 || s.MessagesIn != 0 || len(s.Listeners) != 2 {
		t.Errorf("the control socket is in the figures: %+v", s)
	}
	one.Write(strings.Repeat("x", 2000) + "\n")
	if got := one.Answer(); got != "error: line too long" {
		t.Errorf("a long line is answered %q", got)
	}
	// An asker that stays does not keep the process.
	if got := two.Ask("stop"); got != "ok" {
		t.Errorf("stop is answered %q", got)
	}
	two.Ended()
	running, err := findHolder(d.place)
	if err == nil {
		defer running.close()
		if err := awaitEnd(bounded(t), running, ""); err != nil {
			t.Error(err)
		}
	}
	d.wantNothingLeft()
}

// What somebody has put where the control socket belongs stays, and the process does not start without one.
func TestControlSocketInUse(t *testing.T) {
	h := newHome(t)
	if err := os.WriteFile(h.place.socket(), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	failWith(t, h.args("start", "-d"), filepath.Base(h.place.socket()), "is not a socket")
	if got, err := os.ReadFile(h.place.socket()); string(got) != "precious" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := os.Lstat(h.place.pidFile); !os.IsNotExist(err) {
		t.Errorf("the pid file: %v", err)
	}
}
