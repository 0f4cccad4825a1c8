package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
)

// Whatever the format, a flood of one kind is a few lines and the count of the others, and what peers say is no line of its own.
func TestLogger(t *testing.T) {
	const hostile = "u\nlevel=ERROR msg=forged\r\x1b[2J\x00\u202e\xff"
	for _, test := range []struct {
		format logFormat
		lines  int
		want   int
	}{{"text", 3, 4}, {"json", 3, 4}, {"text", -1, 100}, {"json", 10, 11}} {
		var out bytes.Buffer
		o := logOptions{format: test.format, lines: test.lines}
		log, flush := o.newLogger(&out, slog.LevelInfo)
		for range 100 {
			log.Warn("refused", "uid", hostile)
			log.Debug("not even this")
		}
		flush()
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(lines) != test.want {
			t.Errorf("%+v: %d lines, want %d", o, len(lines), test.want)
		}
		for _, line := range lines {
			if strings.ContainsAny(line, "\r\x1b\x00") || json.Valid([]byte(line)) != (test.format == "json") {
				t.Errorf("%+v: %q", o, line)
			}
		}
		if last := lines[len(lines)-1]; test.lines > 0 && (!strings.Contains(last, "log lines left out") || !strings.Contains(last, "refused")) {
			t.Errorf("%+v: the last line is %q", o, last)
		}
	}
}
