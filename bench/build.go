//go:build linux

package main

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// build compiles a command of the module in a folder below the root. When that fails, the contestant is missing.
func (w *workshop) build(ctx context.Context, c *contestant, folder, pkg, name string) (binary string) {
	binary = filepath.Join(w.bin, name)
	if c.Missing != "" {
		return binary
	}
	if _, err := os.Stat(binary); err == nil {
		return binary
	}
	fmt.Fprintf(w.progress, "building %s\n", name)
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, pkg)
	cmd.Dir = filepath.Join(w.root, folder)
	tie(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		c.Missing = fmt.Sprintf("go build: %v: %s", err, lastLine(out))
	}
	return binary
}

// moduleVersion is the version of a module inside of a binary.
func moduleVersion(binary, module string) string {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return ""
	}
	for _, d := range info.Deps {
		if d.Path == module {
			return d.Version
		}
	}
	return ""
}

// npmInstall puts the scripts beside what they import. The result is why that could not be done.
func (w *workshop) npmInstall(ctx context.Context, folder string) (why string) {
	if _, err := exec.LookPath("npm"); err != nil {
		return "npm is not installed"
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err.Error()
	}
	for _, name := range []string{"package.json", "bun.js", "ws.js", "http-bun.js", "http-node.js"} {
		text, err := os.ReadFile(filepath.Join(w.root, "bench", "rivals", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), text, 0o644)
		}
		if err != nil {
			return err.Error()
		}
	}
	fmt.Fprintln(w.progress, "installing npm packages in", folder)
	cmd := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline", "--silent")
	cmd.Dir = folder
	tie(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Sprintf("npm install: %v: %s", err, lastLine(out))
	}
	return ""
}

// bunBinary is the program itself: npm's wrapper around it would be measured too.
func bunBinary(folder string) string {
	found, _ := filepath.Glob(filepath.Join(folder, "node_modules", "@oven", "bun-linux-*", "bin", "bun")) // the pattern is right
	if len(found) > 0 {
		return found[0]
	}
	return filepath.Join(folder, "node_modules", ".bin", "bun")
}

// packageVersion is the version of an npm package in the cache.
func packageVersion(folder, name string) string {
	text, err := os.ReadFile(filepath.Join(folder, "node_modules", name, "package.json"))
	if err != nil {
		return ""
	}
	var p struct{ Version string }
	_ = json.Unmarshal(text, &p) // without it no version is known
	return p.Version
}

// output is the first line that a command prints, or nothing.
func output(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
