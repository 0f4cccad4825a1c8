package config

import (
	"errors"
	"flag"
	"fmt"
)

// A Reading is what has become of the flags: where each was set, and what is wrong.
type Reading struct {
	flags    *flag.FlagSet
	sources  Sources
	places   map[string]string // by the names of the flags that are set
	problems []error

	line int // of the file, of what is being set; 0 while that is the environment
}

// Problem adds something that is wrong about a flag, with where it was set: file, line and key, variable, or command line.
func (r *Reading) Problem(name string, err error) {
	place := r.places[name]
	if place == "" {
		place = "-" + name
	}
	r.add(place, err)
}

func (r *Reading) add(place string, err error) {
	r.problems = append(r.problems, fmt.Errorf("%s: %w", place, err))
}

// Err is everything that is wrong, a line each; nil when nothing is.
func (r *Reading) Err() error { return errors.Join(r.problems...) }

// Changed are the names of the flags whose values differ between two readings of the same flags, in their order.
func (r *Reading) Changed(since *Reading) (names []string) {
	r.flags.VisitAll(func(f *flag.Flag) {
		if before := since.flags.Lookup(f.Name); before == nil || before.Value.String() != f.Value.String() {
			names = append(names, f.Name)
		}
	})
	return names
}

// Shown is a flag's value for a log: a secret is not shown.
func (r *Reading) Shown(name string) string {
	v := r.flags.Lookup(name).Value
	if _, secret := v.(*secret); secret {
		return "(secret)"
	}
	return v.String()
}

// Path is the file's; "" without one.
func (r *Reading) Path() string {
	if f := r.flags.Lookup(r.sources.File); f != nil {
		return f.Value.String()
	}
	return ""
}

// place is that of a key in the file.
func (r *Reading) place(line int, key string) string {
	return fmt.Sprintf("%s:%d: %s", r.Path(), line, key)
}
