// Package loglimit keeps a flood of one kind of log record from being a flood of lines: of each kind the first few in a while are
// logged, the others are counted, and the count is a line of its own when the while is over.
//
//	log := slog.New(loglimit.New(slog.NewTextHandler(os.Stderr, nil), loglimit.Options{}))
//
// Two records are of one kind when level and message are the same, whatever their attributes say; so messages are to be constant,
// and what differs belongs in attributes. A Handler may be used from any goroutine, as every slog.Handler.
package loglimit
