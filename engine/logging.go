//go:build linux

package engine

import (
	"context"
	"log/slog"

	"fanloop/loglimit"
)

// defaultLogger is slog's, without floods: what peers do is logged too, and they are many.
func defaultLogger() *slog.Logger {
	return slog.New(loglimit.New(slog.Default().Handler(), loglimit.Options{}))
}

// Log is what a log line says of the connection: conn, its ID, addr, its peer's address, and what Value is, if that is a
// slog.LogValuer: who the peer is, say. The engine's own lines have it too. It is for any method of a slog.Logger, and costs next to
// nothing unless the line is logged. It stays valid after the connection has closed.
func (c *Conn) Log() slog.Attr { return slog.Any("", connLog{c}) }

// Log is Conn.Log for other goroutines: conn and addr only.
func (r Ref) Log() slog.Attr { return slog.Any("", refLog(r)) }

// connLog and refLog resolve to a group without a name, which stands for its attributes.
type (
	connLog struct{ conn *Conn }
	refLog  Ref
)

func (l connLog) LogValue() slog.Value {
	who, _ := l.conn.value.(slog.LogValuer)
	if who == nil {
		return refLog(l).LogValue()
	}
	return slog.GroupValue(refLog(l).attr(), slog.Any("", who))
}

func (l refLog) attr() slog.Attr { return slog.Any("", l) }

func (l refLog) LogValue() slog.Value {
	return slog.GroupValue(slog.Uint64("conn", l.conn.id), slog.Any("addr", Ref(l).RemoteAddr()))
}

// logOf is Log, or nothing when there is no connection.
func logOf(c *Conn) slog.Attr {
	if c == nil {
		return slog.Attr{}
	}
	return c.Log()
}

// noteOpened and noteClosed are the two lines of a connection's life.
func (l *Loop) noteOpened(c *Conn) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("engine: opened", c.Log(), "listener", c.local, "loop", l.index)
	}
}

func (l *Loop) noteClosed(c *Conn) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("engine: closed", c.Log(), "err", c.some.reason)
	}
}
