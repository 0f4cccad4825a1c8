//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"fanloop/bench/servers/job"
)

// A contestant is a server that is measured.
type contestant struct {
	Name    string
	What    string // what it is, and how configured
	Version string
	Missing string // why it could not be had; empty when it takes part
	Rival   bool   // others' work: not ours, not the floor, not our parts on gnet

	commands  map[string][]string // by kind; what is not here it does not do
	shed      []string            // further arguments where clients may be closed for being slow
	status    []string            // asks the server of a push job for its status; nil: it has none
	webSocket bool                // its pages speak WebSocket where the others' take events
}

func (c *contestant) ours() bool { return strings.HasPrefix(c.Name, ourName) }

// The kinds of jobs that contestants do, which differ in their ports.
const (
	kindPush   = "push"   // pages by WebSocket, lines
	kindTLS    = "tls"    // pages by WebSocket over TLS, lines
	kindEcho   = "echo"   // WebSocket
	kindHTTP   = "http"   // plaintext
	kindEvents = "events" // pages by Server-Sent Events, lines
	kindBusy   = "busy"   // pages by WebSocket, lines, and an HTTP port with a handler that uses the CPU
)

// ports are those that a server announces for a kind of job.
func (c *contestant) ports(kind string) []string {
	switch kind {
	case kindPush:
		return []string{job.WebSocket, job.Text}
	case kindTLS:
		return []string{job.SecureWebSocket, job.Text}
	case kindEcho:
		return []string{job.WebSocket}
	case kindHTTP:
		return []string{job.HTTP}
	case kindEvents:
		if c.webSocket {
			return []string{job.WebSocket, job.Text}
		}
		return []string{job.HTTP, job.Text}
	}
	return []string{job.WebSocket, job.Text, job.HTTP}
}

// command is how the server is started for a scenario.
func (c *contestant) command(s *scenario) []string {
	argv := c.commands[s.Kind]
	if s.Shed {
		return append(argv[:len(argv):len(argv)], c.shed...)
	}
	return argv
}

// A workshop builds the contestants, in a temporary folder and in the cache.
type workshop struct {
	options  options
	kinds    map[string]bool // of the jobs that are to be done
	root     string          // of the module
	bin      string
	cert     string // files of the certificate of whoever speaks TLS
	key      string
	progress io.Writer
}

func newWorkshop(o options, progress io.Writer) (*workshop, error) {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOMOD: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(mod)))
	if _, err := os.Stat(filepath.Join(root, "bench", "rivals", "go.mod")); err != nil {
		return nil, errors.New("the bench builds its servers from source: run it inside the repository")
	}
	bin, err := os.MkdirTemp("", "fanloop-bench-")
	if err != nil {
		return nil, err
	}
	w := &workshop{options: o, kinds: map[string]bool{}, root: root, bin: bin, progress: progress}
	for _, s := range plan(&o) {
		w.kinds[s.Kind] = true
	}
	if w.kinds[kindTLS] {
		w.cert, w.key = makeCertificate(bin)
	}
	return w, nil
}

// wanted tells whether a server is to be measured: it is named, and does one of the jobs.
func (w *workshop) wanted(name string, kinds ...string) bool {
	return w.options.servers.has(name) && slices.ContainsFunc(kinds, func(kind string) bool { return w.kinds[kind] })
}

func (w *workshop) close() { _ = os.RemoveAll(w.bin) }

// prepare builds every contestant that the options name. A rival that cannot be had is left out, and says why; what is built from
// this module alone has no excuse.
func (w *workshop) prepare(ctx context.Context) (all []*contestant, err error) {
	for _, make := range []func(context.Context) []*contestant{w.ours, w.floor, w.javaScript, w.goRivals, w.workerman} {
		all = append(all, make(ctx)...)
	}
	for _, c := range all {
		switch {
		case c.Missing == "":
		case c.Name == floorName || c.ours():
			return nil, fmt.Errorf("%s: %s", c.Name, c.Missing)
		default:
			fmt.Fprintf(w.progress, "%s is left out: %s\n", c.Name, c.Missing)
		}
	}
	return all, ctx.Err()
}
