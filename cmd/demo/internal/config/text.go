package config

import (
	"encoding"
	"errors"
	"flag"
	"strconv"
)

// String is the value of a flag that takes any text.
func String(s *string) *plain { return &plain{s} }

type plain struct{ s *string }

func (v *plain) String() string {
	if v.s == nil {
		return ""
	}
	return *v.s
}

func (v *plain) Set(s string) error {
	*v.s = s
	return nil
}

// Secret is the value of a flag that takes any text, which is not to be shown.
func Secret(s *string) *secret { return &secret{plain{s}} }

type secret struct{ plain }

// Bool is the value of a flag that is true when it is given without a value.
func Bool(b *bool) *boolean { return &boolean{b} }

type boolean struct{ b *bool }

func (v *boolean) String() string { return strconv.FormatBool(v.b != nil && *v.b) }

func (v *boolean) IsBoolFlag() bool { return true }

func (v *boolean) Set(s string) error {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return errors.New("want true or false")
	}
	*v.b = b
	return nil
}

// Text is the value of a flag of a type that reads and writes itself.
func Text[P interface {
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}](p P) flag.Value {
	return textual{p}
}

type textual struct {
	of interface {
		encoding.TextMarshaler
		encoding.TextUnmarshaler
	}
}

func (v textual) String() string {
	if v.of == nil {
		return ""
	}
	b, err := v.of.MarshalText()
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (v textual) Set(s string) error { return v.of.UnmarshalText([]byte(s)) }

// Func is the value of a flag that get shows and set sets.
func Func(get func() string, set func(string) error) flag.Value { return function{get, set} }

type function struct {
	get func() string
	set func(string) error
}

func (v function) String() string {
	if v.get == nil {
		return ""
	}
	return v.get()
}

func (v function) Set(s string) error { return v.set(s) }
