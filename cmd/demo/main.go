// Command demo is a push server to run as it is: web pages connect by WebSocket and say who they are, a back end writes
// JSON lines to a text port, and the pages get them. README.md tells the rest; -h tells the flags.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		for line := range strings.Lines(err.Error()) {
			fmt.Fprintf(os.Stderr, "fanloop: %s\n", strings.TrimSuffix(line, "\n"))
		}
		os.Exit(exitStatus(err))
	}
}

// exitStatus is 1, or 2 when check does not understand its command line.
func exitStatus(err error) int {
	if _, ok := errors.AsType[checkUsageError](err); ok {
		return 2
	}
	return 1
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
