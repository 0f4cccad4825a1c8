package config

import (
	"flag"
	"fmt"
	"strings"
)

// List is the value of a flag that may be given more than once: each adds what parse makes of it.
func List[T any](all *[]T, parse func(string) (T, error)) *list[T] {
	return &list[T]{all: all, parse: parse}
}

// Strings is a List that takes anything but nothing.
func Strings(all *[]string) *list[string] {
	return List(all, func(s string) (string, error) {
		if s == "" {
			return "", fmt.Errorf("want something")
		}
		return s, nil
	})
}

type list[T any] struct {
	all   *[]T
	given []string
	parse func(string) (T, error)
}

// String is what was given, between blanks.
func (v *list[T]) String() string { return strings.Join(v.given, " ") }

func (v *list[T]) Set(s string) error {
	item, err := v.parse(s)
	if err != nil {
		return err
	}
	*v.all, v.given = append(*v.all, item), append(v.given, s)
	return nil
}

func (v *list[T]) repeatable() {}

func isRepeatable(v flag.Value) bool {
	_, yes := v.(interface{ repeatable() })
	return yes
}
