package config

import (
	"flag"
	"strings"
)

// A setting is a flag as the environment and the file set it. It keeps its errors in the reading, so that all of them are found.
type setting struct {
	flag.Value
	reading *Reading
	name    string
}

// Set is called with the value of a variable, and with each value in the file.
func (s *setting) Set(value string) error {
	r := s.reading
	if r.line > 0 {
		if r.places[s.name] == "" {
			r.places[s.name] = r.place(r.line, s.name)
		}
		if err := s.Value.Set(value); err != nil {
			r.add(r.place(r.line, s.name), err)
		}
		return nil
	}
	variable := r.sources.variable(s.name)
	r.places[s.name] = variable
	values := []string{value}
	if isRepeatable(s.Value) {
		values = strings.Fields(value)
	}
	for _, v := range values {
		if err := s.Value.Set(v); err != nil {
			r.add(variable, err)
		}
	}
	return nil
}

// variable is the name of a flag's environment variable, as ff makes it.
func (s Sources) variable(name string) string {
	return s.Prefix + "_" + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_", "/", "_").Replace(name))
}
