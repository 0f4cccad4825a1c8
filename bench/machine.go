//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// A machine is what the measurements ran on. It has no name: results are published.
type machine struct {
	CPU    string
	Cores  int
	Memory string
	Kernel string
	Go     string
}

func thisMachine() machine {
	m := machine{CPU: field("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), Memory: field("/proc/meminfo", "MemTotal"), Go: runtime.Version()}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.Kernel = unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:]) + " " + unix.ByteSliceToString(u.Machine[:])
	}
	return m
}

// field is the first value of a key in a file like /proc/cpuinfo.
func field(file, key string) string {
	text, _ := os.ReadFile(file) // without it nothing is known
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func (m machine) String() string {
	return fmt.Sprintf("%s, %d cores, %s, %s, %s", m.CPU, m.Cores, m.Memory, m.Kernel, m.Go)
}

// commitOf names the commit that is measured, and says when the tree differs from it, but for results.
func commitOf(ctx context.Context, root string) string {
	git := func(args ...string) string {
		out, _ := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...).Output() // no git: no commit
		return strings.TrimSpace(string(out))
	}
	commit := git("rev-parse", "HEAD")
	if commit != "" && git("status", "--porcelain", "--", ".", ":(exclude)bench/results") != "" {
		commit += " and changes"
	}
	return commit
}
