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
	o, err := parseOptions(args)
	if errors.Is(err, flag.ErrHelp) {
		_, err = io.WriteString(stdout, usage)
		return err
	}
	if err != nil {
		return fmt.Errorf("%w (-h tells the flags)", err)
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: o.logLevel}))
	ctx, stop := untilSignal(log)
	defer stop()

	s, err := newServer(o, stdout, log)
	if err != nil {
		return err
	}
	return s.run(ctx)
}

// untilSignal returns a context that ends with the first SIGINT or SIGTERM. By then a second one has its usual effect
// again: it ends the process at once.
func untilSignal(log *slog.Logger) (ctx context.Context, stop func()) {
	ctx, stop = context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			log.Info("saying goodbye; another signal ends at once", "signal", s.String())
		case <-ctx.Done():
		}
		signal.Stop(signals)
		stop()
	}()
	return ctx, stop
}
