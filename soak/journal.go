//go:build linux

package main

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
)

// A journal is what the server logs. It keeps the end, and the first line that should not be there.
type journal struct {
	mu     sync.Mutex
	part   []byte
	last   []string
	wrongs string
	count  map[string]int // of the lines that somebody asks for
}

const (
	tailLines = 15
	longLine  = 64 << 10

	reloadedLine  = "the configuration and certificates have been read again"
	notLoadedLine = "not reloaded, everything is as it was"
)

// Write takes what is logged.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.part = append(j.part, p...)
	for {
		line, rest, found := bytes.Cut(j.part, []byte("\n"))
		if !found {
			break
		}
		j.take(string(line))
		j.part = rest
	}
	if len(j.part) > longLine {
		j.part = nil
		j.note("a line of the log does not end")
	}
	return len(p), nil
}

func (j *journal) take(line string) {
	if j.last = append(j.last, line); len(j.last) > tailLines {
		j.last = j.last[1:]
	}
	for _, known := range []string{reloadedLine, notLoadedLine} {
		if strings.Contains(line, known) {
			if j.count == nil {
				j.count = map[string]int{}
			}
			j.count[known]++
			return
		}
	}
	switch {
	case strings.Contains(line, "DATA RACE"):
		j.note("the race detector speaks: " + line)
	case strings.Contains(line, "panic"):
		j.note("a panic: " + line)
	case strings.Contains(line, "level=ERROR"):
		j.note("an error: " + line)
	case !strings.HasPrefix(line, "time="):
		j.note("what is no record, as if a peer could write lines: " + line)
	}
}

func (j *journal) note(what string) {
	if j.wrongs == "" {
		j.wrongs = what
	}
}

// wrong is the first line that should not be there.
func (j *journal) wrong() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.wrongs == "" {
		return nil
	}
	return fmt.Errorf("the log has %.300q", j.wrongs)
}

// times is how often a known line has come.
func (j *journal) times(line string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.count[line]
}

func (j *journal) tail() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.last, "\n")
}
