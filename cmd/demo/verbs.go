package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// A verb is what one asks the program for with its first argument.
type verb func(args []string, stdout, stderr io.Writer) error

var verbs = map[string]verb{"start": runStart, "check": runCheck, "stop": runStop, "status": runStatus}

// chooseVerb finds the verb, which is start when none is named, and the arguments that are its own.
func chooseVerb(args []string) (verb, []string, error) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return runStart, args, nil
	}
	act, ok := verbs[args[0]]
	if !ok {
		return nil, nil, fmt.Errorf("%q is none of start, check, stop and status (-h tells more)", args[0])
	}
	return act, args[1:], nil
}

func runStart(args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args)
	if err != nil {
		return hinted(err)
	}
	if o.version {
		_, err := fmt.Fprintf(stdout, "fanloop %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return err
	}
	return serve(o, stdout, stderr)
}

// stopOptions are what the command line of stop says.
type stopOptions struct {
	pidFile string
	gently  bool
}

func (o *stopOptions) flags() *flag.FlagSet {
	flags := newFlagSet(&o.pidFile)
	flags.BoolVar(&o.gently, "g", false, "")
	return flags
}

func runStop(args []string, stdout, _ io.Writer) error {
	var o stopOptions
	if err := parseAll(o.flags(), args); err != nil {
		return withHint(err)
	}
	return stopProcess(o, stdout)
}

// statusOptions are what the command line of status says.
type statusOptions struct {
	pidFile string
	json    bool
	watch   bool
}

func (o *statusOptions) flags() *flag.FlagSet {
	flags := newFlagSet(&o.pidFile)
	flags.BoolVar(&o.json, "json", false, "")
	flags.BoolVar(&o.watch, "watch", false, "")
	return flags
}

func runStatus(args []string, stdout, _ io.Writer) error {
	var o statusOptions
	if err := parseAll(o.flags(), args); err != nil {
		return withHint(err)
	}
	return showStatus(o, stdout)
}

func newFlagSet(pidFile *string) *flag.FlagSet {
	flags := flag.NewFlagSet("fanloop", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(pidFile, "pid-file", os.Getenv(environment+"_PID_FILE"), "") // as start does
	return flags
}

func parseAll(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not a flag", flags.Arg(0))
	}
	return nil
}

// hinted adds the hint to what is wrong with a command line.
func hinted(err error) error {
	if _, usage := errors.AsType[usageError](err); usage {
		return withHint(err)
	}
	return err
}

func withHint(err error) error { return fmt.Errorf("%w (-h tells the flags)", err) }
