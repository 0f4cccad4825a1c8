//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// showStatus is `status`.
func showStatus(o statusOptions, stdout io.Writer) error {
	a, err := askProcess(o.pidFile)
	if err != nil {
		return err
	}
	defer a.close()
	show := func() (string, error) { return a.status(o.json) }
	if o.watch {
		return watch(show, o.json, stdout)
	}
	text, err := show()
	if err == nil {
		_, err = io.WriteString(stdout, text)
	}
	return err
}

// status is the process's answer: the JSON line, or text.
func (a *asker) status(asJSON bool) (string, error) {
	line, err := a.ask("status")
	if err != nil || asJSON {
		return line + "\n", err
	}
	var s status
	if err := json.Unmarshal([]byte(line), &s); err != nil {
		return "", fmt.Errorf("process %d gave an answer that this program does not know: %w", a.holder.pid, err)
	}
	return s.String(), nil
}

// watch shows a status every second until a signal, which is no error. On a terminal each takes the place of the one before;
// elsewhere they follow each other, with a blank line between them when they are text.
func watch(show func() (string, error), asJSON bool, stdout io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	put := func(text string) error { _, err := io.WriteString(stdout, text); return err }
	if terminal, ok := stdout.(*os.File); ok && isTerminal(terminal) && !asJSON {
		screen := newScreen(terminal)
		defer screen.leave()
		put = screen.show
	} else if !asJSON {
		put = separated(put)
	}
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		text, err := show()
		if err == nil {
			err = put(text)
		}
		if err != nil {
			return err
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// separated puts a blank line before each text but the first.
func separated(put func(string) error) func(string) error {
	before := ""
	return func(text string) error {
		text, before = before+text, "\n"
		return put(text)
	}
}

func isTerminal(file *os.File) bool {
	_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	return err == nil
}

// The control sequences of a terminal (ECMA-48) that a screen uses.
const (
	hideCursor = "\x1b[?25l" // this one and the next are DEC's
	showCursor = "\x1b[?25h"
	clearAll   = "\x1b[H\x1b[2J"
	cursorHome = "\x1b[H"
	clearLine  = "\x1b[K" // to its end
	clearBelow = "\x1b[J"
)

// A screen is a terminal on which each text takes the place of the one before.
type screen struct {
	terminal *os.File
	size     func() (columns, rows int)
}

func newScreen(terminal *os.File) *screen {
	_, _ = io.WriteString(terminal, hideCursor+clearAll)
	return &screen{terminal, func() (int, int) {
		if size, err := unix.IoctlGetWinsize(int(terminal.Fd()), unix.TIOCGWINSZ); err == nil && size.Row > 0 && size.Col > 0 {
			return int(size.Col), int(size.Row)
		}
		return 80, 24
	}}
}

// show draws over what is there, so that nothing flickers.
func (s *screen) show(text string) error {
	columns, rows := s.size()
	_, err := io.WriteString(s.terminal, cursorHome+fit(text, columns, rows)+clearBelow)
	return err
}

func (s *screen) leave() { _, _ = io.WriteString(s.terminal, showCursor) }

// fit cuts a text to what a screen has room for, and leaves the last row to the cursor.
func fit(text string, columns, rows int) string {
	var b strings.Builder
	row := 0
	for line := range strings.Lines(text) {
		if row++; row >= rows {
			break
		}
		line = strings.TrimSuffix(line, "\n")
		for utf8.RuneCountInString(line) > columns {
			_, last := utf8.DecodeLastRuneInString(line)
			line = line[:len(line)-last]
		}
		b.WriteString(line + clearLine + "\r\n")
	}
	return b.String()
}
