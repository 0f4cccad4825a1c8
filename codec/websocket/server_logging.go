//go:build linux

package websocket

import "log/slog"

// Log is what a log line says of the connection: conn, its ID, addr, its peer's address, and what Value is, if that is a
// slog.LogValuer. It is for any method of a slog.Logger.
func (c *Conn) Log() slog.Attr { return c.conn.Log() }
