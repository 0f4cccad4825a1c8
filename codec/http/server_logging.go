//go:build linux

package http

import (
	"context"
	"log/slog"
)

// Log is what a log line says of the connection: conn, its ID, addr, its peer's address, and what Value is, if that is a
// slog.LogValuer. It is for any method of a slog.Logger.
func (x *Exchange) Log() slog.Attr { return x.session.conn.Log() }

// Log is what a log line says of the stream's connection, as Exchange.Log.
func (c *EventStream) Log() slog.Attr { return c.conn.Log() }

// noteRefused logs a request that is refused: who asked, for what and why not, but not the query, the place of secrets. What is not
// there is asked for all the time, and no refusal.
func (x *Exchange) noteRefused(r *Refusal, cause error) {
	level := slog.LevelInfo
	if r == ErrNotFound {
		level = slog.LevelDebug
	}
	log, ctx := x.Loop().Logger(), context.Background()
	if !log.Enabled(ctx, level) {
		return
	}
	log.Log(ctx, level, "http: a request is refused", x.Log(), "path", string(x.head.Path()), "status", r.status, "err", cause)
}
