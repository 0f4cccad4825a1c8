package main

import (
	"errors"
	"flag"
	"io"
	"log/slog"

	"fanloop/cmd/demo/internal/config"
	"fanloop/loglimit"
)

// logOptions say what is logged, where and how.
type logOptions struct {
	level  slog.Level
	format logFormat
	lines  int    // of one kind in ten seconds; -1 is all
	file   string // "" is stderr, and of a daemon a file beside the pid file
}

func standardLog() logOptions { return logOptions{format: "text", lines: 10} }

func (o *logOptions) addFlags(flags *flag.FlagSet) {
	flags.Var(config.Text(logLevel{&o.level}), "log-level", "")
	flags.Var(config.Text(&o.format), "log-format", "")
	flags.Var(config.Limit(&o.lines), "log-lines", "")
	flags.Var(config.String(&o.file), "log-file", "")
}

// logLevel is what -log-level takes. slog's own error speaks of slog.
type logLevel struct{ *slog.Level }

func (l logLevel) UnmarshalText(text []byte) error {
	if l.Level.UnmarshalText(text) != nil {
		return errors.New("want debug, info, warn or error")
	}
	return nil
}

// logFormat is what -log-format takes.
type logFormat string

func (f logFormat) MarshalText() ([]byte, error) { return []byte(f), nil }

func (f *logFormat) UnmarshalText(text []byte) error {
	if *f = logFormat(text); *f != "text" && *f != "json" {
		return errors.New("want text or json")
	}
	return nil
}

// newLogger makes the log, and what tells at the end what has been left out of it.
func (o *logOptions) newLogger(to io.Writer, level slog.Leveler) (log *slog.Logger, flush func()) {
	how := &slog.HandlerOptions{Level: level}
	var writing slog.Handler = slog.NewTextHandler(to, how)
	if o.format == "json" {
		writing = slog.NewJSONHandler(to, how)
	}
	limited := loglimit.New(writing, loglimit.Options{First: o.lines})
	return slog.New(limited), limited.Flush
}
