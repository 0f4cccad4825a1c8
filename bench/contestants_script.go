//go:build linux

package main

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// javaScript are the servers on Bun and Node. npm installs what they need into the cache.
func (w *workshop) javaScript(ctx context.Context) (all []*contestant) {
	folder := filepath.Join(w.options.cache, "npm")
	script := func(name string, args ...string) []string {
		return append([]string{filepath.Join(folder, name)}, args...)
	}
	bun, node := bunBinary, func(string) string { return "node" }
	why := ""
	for _, s := range []struct {
		name, what  string
		interpreter func(folder string) string
		scripts     map[string][]string
	}{
		{"bun", "Bun.serve (uWebSockets) with publish, Bun.listen for the lines; for HTTP a handler", bun,
			map[string][]string{kindPush: script("bun.js"), kindTLS: script("bun.js", w.certificate("-cert", "-key")...), kindEcho: script("bun.js", "-echo"), kindHTTP: script("http-bun.js")}},
		{"bun-static", "Bun.serve with a static route: no handler runs", bun, map[string][]string{kindHTTP: script("http-bun.js", "-static")}},
		{"ws", "ws on Node, no compression, with bufferutil", node, map[string][]string{kindPush: script("ws.js"), kindEcho: script("ws.js", "-echo")}},
		{"node", "Node's own http", node, map[string][]string{kindHTTP: script("http-node.js")}},
	} {
		if !w.wanted(s.name, slices.Collect(maps.Keys(s.scripts))...) {
			continue
		}
		if len(all) == 0 {
			why = w.npmInstall(ctx, folder)
		}
		c := &contestant{Name: s.name, What: s.what, Rival: true, Missing: why}
		if why == "" {
			c.run(s.interpreter(folder), s.scripts)
			c.Version = output(ctx, s.interpreter(folder), "--version")
		}
		if s.name == "ws" && why == "" {
			c.Version = packageVersion(folder, "ws") + " on Node " + c.Version
		}
		all = append(all, c)
	}
	return all
}

// run sets the commands of scripts.
func (c *contestant) run(interpreter string, scripts map[string][]string) {
	if _, err := exec.LookPath(interpreter); err != nil {
		c.Missing = err.Error()
	}
	c.commands, c.shed = map[string][]string{}, []string{"-shed"}
	for kind, args := range scripts {
		c.commands[kind] = append([]string{interpreter}, args...)
	}
}

// workerman is measured when a folder with it is named: its installer, Composer, is not everywhere.
func (w *workshop) workerman(ctx context.Context) []*contestant {
	c := &contestant{Name: "workerman", What: "Workerman, one worker process", Rival: true}
	if !w.wanted(c.Name, kindPush, kindEcho) {
		return nil
	}
	if w.options.workerman == "" {
		c.Missing = "no folder is named by -workerman (in an empty folder: composer require workerman/workerman)"
		return []*contestant{c}
	}
	autoload, err := filepath.Abs(filepath.Join(w.options.workerman, "vendor", "autoload.php"))
	if err == nil {
		_, err = os.Stat(autoload)
	}
	if err != nil {
		c.Missing = err.Error()
		return []*contestant{c}
	}
	script := filepath.Join(w.root, "bench", "rivals", "workerman.php")
	c.run("php", map[string][]string{kindPush: {script, autoload}, kindEcho: {script, "-echo", autoload}})
	c.Version = output(ctx, "php", "-r", `require $argv[1]; echo Workerman\Worker::VERSION, " on PHP ", PHP_VERSION;`, autoload)
	return []*contestant{c}
}
