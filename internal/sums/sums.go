// Package sums checks that the Add of a struct of counts leaves no field out.
package sums

import (
	"reflect"
	"testing"
)

// Check gives each field of a value another number, has add sum it up twice, and looks at each field of the sum. All fields are numbers.
func Check[S any](t *testing.T, add func(sum *S, one S)) {
	t.Helper()
	var one, sum S
	fields := reflect.ValueOf(&one).Elem()
	for i := range fields.NumField() {
		f := fields.Field(i)
		f.Set(reflect.ValueOf(i + 1).Convert(f.Type()))
	}
	add(&sum, one)
	add(&sum, one)
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Name
		if got := reflect.ValueOf(sum).Field(i).Convert(reflect.TypeFor[int]()).Int(); got != int64(2*(i+1)) {
			t.Errorf("%s: %d", name, got)
		}
	}
}
