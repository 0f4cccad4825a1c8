package config

import (
	"flag"
	"os"
	"slices"
	"strings"

	"github.com/peterbourgon/ff/v3"
)

// Sources are where flags come from.
type Sources struct {
	// Args is the command line without the program's name.
	Args []string
	// Prefix is what the names of environment variables begin with: with PROGRAM, -log-level is PROGRAM_LOG_LEVEL.
	Prefix string
	// File is the name of the flag that names the file. The file itself cannot set it.
	File string
	// CommandLine are the names of flags that only the command line can set.
	CommandLine []string
}

// Read sets flags, whose values are their defaults before. The error is of the command line: flag.ErrHelp, or what is wrong with it.
// What is wrong in the environment and in the file is in the Reading, whose flags are not to be used then.
func (s Sources) Read(flags *flag.FlagSet) (*Reading, error) {
	if err := flags.Parse(s.Args); err != nil {
		return nil, err
	}
	r := &Reading{flags: flags, sources: s, places: map[string]string{}}
	flags.Visit(func(f *flag.Flag) { r.places[f.Name] = "-" + f.Name })
	rest := r.rest()
	err := ff.Parse(rest, nil,
		ff.WithEnvVarPrefix(s.Prefix), ff.WithConfigFileFlag(s.File), ff.WithConfigFileParser(r.readFile))
	if err != nil {
		r.Problem(s.File, err)
	}
	return r, nil
}

// rest are the flags that the command line has left to others.
func (r *Reading) rest() *flag.FlagSet {
	rest := flag.NewFlagSet("", flag.ContinueOnError)
	r.flags.VisitAll(func(f *flag.Flag) {
		if r.places[f.Name] == "" && !slices.Contains(r.sources.CommandLine, f.Name) {
			rest.Var(&setting{Value: f.Value, reading: r, name: f.Name}, f.Name, "")
		}
	})
	if rest.Lookup(r.sources.File) == nil { // it was given, or cannot be: ff looks for it here
		if file := r.flags.Lookup(r.sources.File); file != nil {
			rest.Var(given{file.Value}, file.Name, "")
		}
	}
	return rest
}

// given is a value that stays as it is.
type given struct{ flag.Value }

func (given) Set(string) error { return nil }

// Strangers are the environment variables that begin like those of flags and are of none.
func (r *Reading) Strangers() (names []string) {
	known := map[string]bool{}
	r.flags.VisitAll(func(f *flag.Flag) {
		known[r.sources.variable(f.Name)] = !slices.Contains(r.sources.CommandLine, f.Name)
	})
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, r.sources.Prefix+"_") && !known[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
