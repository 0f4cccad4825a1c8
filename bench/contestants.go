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
	"strings"
)

// A contestant is a server that is measured.
type contestant struct {
	Name    string
	What    string // what it is, and how configured
	Version string
	Missing string // why it could not be had; empty when it takes part
	Rival   bool   // others' work: not ours, not the floor, not our parts on gnet

	push, echo []string // command lines
	shed       []string // further arguments where clients may be closed for being slow
}

// command is how the server is started for a scenario.
func (c *contestant) command(s *scenario) []string {
	if s.Echo {
		return c.echo
	}
	if s.Shed {
		return append(c.push[:len(c.push):len(c.push)], c.shed...)
	}
	return c.push
}

// A workshop builds the contestants, in a temporary folder and in the cache.
type workshop struct {
	options  options
	root     string // of the module
	bin      string
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
	return &workshop{options: o, root: root, bin: bin, progress: progress}, err
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
		case c.Name == floorName || strings.HasPrefix(c.Name, ourName):
			return nil, fmt.Errorf("%s: %s", c.Name, c.Missing)
		default:
			fmt.Fprintf(w.progress, "%s is left out: %s\n", c.Name, c.Missing)
		}
	}
	return all, ctx.Err()
}

// ourName is what our own server is called; with more than one loop, their number stands behind it.
const ourName = "fanloop"

// ours is the demo as it is, with one loop and with two.
func (w *workshop) ours(ctx context.Context) (all []*contestant) {
	for _, loops := range []string{"1", "2"} {
		c := &contestant{Name: ourName, What: "cmd/demo as it is, -loops " + loops}
		if loops != "1" {
			c.Name += "-" + loops
		}
		if !w.options.servers.has(c.Name) {
			continue
		}
		demo, echo := w.build(ctx, c, ".", "./cmd/demo", "demo"), w.build(ctx, c, ".", "./bench/servers/echo", "echo")
		c.push = []string{demo, "-listen", "websocket://127.0.0.1:0", "-listen", "text://127.0.0.1:0", "-loops", loops, "-log-level", "error"}
		c.echo = []string{echo, "-loops", loops}
		all = append(all, c)
	}
	return all
}

func (w *workshop) floor(ctx context.Context) []*contestant {
	c := &contestant{Name: floorName, What: "a bare epoll loop, one write a message and connection"}
	if !w.options.servers.has(c.Name) {
		return nil
	}
	floor := w.build(ctx, c, ".", "./bench/servers/floor", "floor")
	c.push, c.echo = []string{floor}, []string{floor, "-echo"}
	return []*contestant{c}
}

// goRivals are built from the module in bench/rivals.
func (w *workshop) goRivals(ctx context.Context) (all []*contestant) {
	for _, rival := range []struct {
		name, module, what string
		rival              bool
	}{
		{"gnet", "github.com/panjf2000/gnet/v2", "stock gnet (gnet.Rotate, one loop) with fanloop's codecs, hub and slices", false},
		{"gws", "github.com/lxzan/gws", "Broadcaster, WriteAsync; no limit on what waits", true},
		{"gorilla", "github.com/gorilla/websocket", "its chat example: hub, send channel of 256, write pump", true},
		{"nbio", "github.com/lesismal/nbio", "IOModNonBlocking, its choice for many connections", true},
	} {
		if !w.options.servers.has(rival.name) {
			continue
		}
		c := &contestant{Name: rival.name, What: rival.what, Rival: rival.rival}
		binary := w.build(ctx, c, filepath.Join("bench", "rivals"), "./"+rival.name, rival.name)
		if c.Missing == "" {
			c.Version = moduleVersion(binary, rival.module)
		}
		c.push, c.echo, c.shed = []string{binary}, []string{binary, "-echo"}, []string{"-shed"}
		all = append(all, c)
	}
	return all
}
