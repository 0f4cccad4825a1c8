//go:build linux

// Command bench measures push servers: fanloop's, others that do the same job behind the same two ports, and the floor that the
// kernel sets to all of them. README.md tells what is measured and how; -h tells the flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
)

func main() {
	runtime.LockOSThread() // children die with the thread that started them: this one stays
	if part := os.Getenv(partVariable); part != "" {
		exit(playPart(part, os.Stdin, os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

var errNotWhole = errors.New("something was lost or failed; the table says what")

// run measures and reports. The error is errNotWhole when a server has lost a message.
func run(ctx context.Context, args []string, stdout, progress io.Writer) error {
	o, err := parseOptions(args, progress)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	workshop, err := newWorkshop(o, progress)
	if err != nil {
		return err
	}
	defer workshop.close()
	contestants, err := workshop.prepare(ctx)
	if err != nil {
		return err
	}
	results := newResults(ctx, "go run ./bench "+strings.Join(args, " "), workshop.root, contestants)
	if o.keep {
		if err := results.keep(o.out); err != nil {
			return err
		}
	}
	measureErr := measureAll(ctx, o, contestants, results, progress)
	if err := results.write(o.out); err != nil {
		return err
	}
	fmt.Fprint(stdout, results.table())
	if measureErr == nil && !results.whole() {
		return errNotWhole
	}
	return measureErr
}
