package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// A checkUsageError is what is wrong with the command line of check.
type checkUsageError struct{ error }

func (e checkUsageError) Unwrap() error { return e.error }

// runCheck is `check`: it reads what start would, the files that are named too, and starts nothing.
func runCheck(args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args)
	if err == nil {
		o.readFiles()
		err = o.reading.Err()
	}
	if usage, ok := errors.AsType[usageError](err); ok && !errors.Is(err, flag.ErrHelp) {
		return checkUsageError{withHint(usage.error)}
	}
	if err != nil {
		return err
	}
	for _, name := range o.reading.Strangers() {
		fmt.Fprintf(stderr, "fanloop: %s is the name of no flag\n", name) // it may be meant for somebody else
	}
	o.warn(newCheckLogger(stderr))
	var b strings.Builder
	b.WriteString("ok: it would listen on\n")
	for _, e := range o.listen {
		fmt.Fprintf(&b, "  %s\n", e)
	}
	_, err = io.WriteString(stdout, b.String())
	return err
}
