//go:build linux

package text

import (
	"reflect"
	"testing"
)

// Every field of another server's counts.
func TestStatsAdd(t *testing.T) {
	var one, sum Stats
	fields := reflect.ValueOf(&one).Elem()
	for i := range fields.NumField() {
		f := fields.Field(i)
		f.Set(reflect.ValueOf(i + 1).Convert(f.Type()))
	}
	sum.Add(one)
	sum.Add(one)
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Name
		if got := reflect.ValueOf(sum).Field(i).Convert(reflect.TypeFor[int]()).Int(); got != int64(2*(i+1)) {
			t.Errorf("%s: %d", name, got)
		}
	}
}
