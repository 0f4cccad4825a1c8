//go:build linux

package main

import (
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"time"
)

// options are what the command line says.
type options struct {
	duration time.Duration // of the load, the warm-up included
	seed     uint64
	clients  int
	pushes   int // a second
	loops    int
	race     bool
	program  string // "" builds it
}

func parseOptions(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.DurationVar(&o.duration, "duration", 10*time.Minute, "how long the load lasts; what comes before and after takes about a minute more")
	flags.Uint64Var(&o.seed, "seed", 0, "what decides who does what (default: by chance)")
	flags.IntVar(&o.clients, "clients", 600, "clients at a time, of all kinds together")
	flags.IntVar(&o.pushes, "pushes", 500, "pushes a second, slow pages' apart")
	flags.IntVar(&o.loops, "loops", 2, "event loops of the server")
	flags.BoolVar(&o.race, "race", false, "build the server with the race detector")
	flags.StringVar(&o.program, "program", "", "a server that has been built, instead of building one")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, errors.New("there is nothing but flags")
	case o.clients < 60 || o.clients > 6_000:
		return o, errors.New("-clients wants a number from 60 to 6000")
	case o.pushes < 10 || o.loops < 1 || o.duration < 10*time.Second:
		return o, errors.New("-pushes wants 10 or more, -loops 1, -duration 10s")
	}
	if o.seed == 0 {
		o.seed = rand.Uint64()
	}
	return o, nil
}

// A crew is how many there are of each kind of client.
type crew struct {
	stay, come, wander, slow, stuck, silent, rude int
	known, unknown, fast                          int // on the guarded server
}

func (o options) crew() crew {
	n := o.clients
	return crew{stay: n * 50 / 100, come: n * 25 / 100, wander: 4, slow: n * 2 / 100, stuck: n * 3 / 100, silent: n * 10 / 100, rude: n * 8 / 100,
		known: max(2, n*2/100), unknown: max(1, n/100), fast: max(1, n/200)}
}
