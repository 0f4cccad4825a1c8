package loglimit

import (
	"context"
	"log/slog"
	"time"
)

// Options are a Handler's; the zero value works.
type Options struct {
	// First is how many records of a kind are logged in one Window. Default 10; less than 0: all are.
	First int
	// Window begins with the first record of a kind, and with the next one after it has ended. Default 10 s.
	Window time.Duration
	// From is the level from which on records are limited: whoever asks for more detail than that wants all of it. Default
	// slog.LevelInfo.
	From slog.Leveler
	// Kinds is how many kinds are told apart at a time; those beyond are one kind together. Default 256: so much memory, and no more,
	// can be filled by messages that are not constant.
	Kinds int
}

func (o Options) withDefaults() Options {
	if o.First == 0 {
		o.First = 10
	}
	if o.Window <= 0 {
		o.Window = 10 * time.Second
	}
	if o.From == nil {
		o.From = slog.LevelInfo
	}
	if o.Kinds <= 0 {
		o.Kinds = 256
	}
	return o
}

// Handler is a slog.Handler in front of another one. What WithAttrs and WithGroup make of it counts together with it.
type Handler struct {
	next    slog.Handler
	limiter *limiter
}

// New makes a Handler that passes records on to next.
func New(next slog.Handler, o Options) *Handler {
	o = o.withDefaults()
	return &Handler{next: next, limiter: &limiter{options: o, kinds: map[kind]*count{}}}
}

// Enabled is what the handler behind says.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle passes the record on, or counts it.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if !h.limiter.admit(kind{r.Level, r.Message}, h.next) {
		return nil
	}
	return h.next.Handle(ctx, r)
}

// WithAttrs is the handler behind with these attributes.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Handler{h.next.WithAttrs(attrs), h.limiter}
}

// WithGroup is the handler behind with this group.
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{h.next.WithGroup(name), h.limiter}
}

// Flush logs at once what has been counted and not been told yet, for a program that is about to end.
func (h *Handler) Flush() { h.limiter.flush() }
