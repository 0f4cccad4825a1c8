// Command demo is a push server to run as it is: web pages connect by WebSocket and say who they are, a back end writes
// JSON lines to a text port, and the pages get them. README.md tells the rest; -h tells the flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "fanloop:", err)
		os.Exit(1)
	}
}

// run is the program: it returns nil after -h, and when a signal ended it in order.
func run(args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: o.logLevel}))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from the first signal on, the second has its usual effect: it ends the process at once

	s, err := newServer(o, stdout, log)
	if err != nil {
		return err
	}
	return s.run(ctx)
}
