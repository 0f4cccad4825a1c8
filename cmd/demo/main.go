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

// run is the program: it returns nil after -h, and when what was asked for is done.
func run(args []string, stdout, stderr io.Writer) error {
	act, args, err := chooseVerb(args)
	if err == nil {
		err = act(args, stdout, stderr)
	}
	if errors.Is(err, flag.ErrHelp) {
		_, err = io.WriteString(stdout, usage)
	}
	return err
}

// untilSignal returns a context that ends with the first SIGINT or SIGTERM. By then a second one has its usual effect
// again: it ends the process at once.
func untilSignal(log *slog.Logger) (ctx context.Context, stop func()) {
	ctx, stop = context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	signal.Ignore(syscall.SIGPIPE) // whoever read our output has gone: no reason to drop everybody
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
