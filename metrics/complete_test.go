//go:build linux

package metrics

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// shownByLoop are what collectLoop shows of each loop.
var shownByLoop = []string{"engine.Connections", "engine.Stalled", "engine.Busy", "engine.Turns", "engine.PushTimes"}

// Whatever is counted is shown: each field of the sources' figures changes a value.
func TestEveryFigureIsShown(t *testing.T) {
	var families []family
	for _, f := range [][]family{engineFamilies, hubFamilies, httpFamilies, webSocketFamilies, textFamilies, apiFamilies, {messagesIn, identityFamily, originsRefused, backEndsRefused}} {
		families = append(families, f...)
	}
	sum := func(s *snapshot) (sum float64) {
		for _, f := range families {
			for i := range f.series {
				sum += f.series[i].value(s)
			}
		}
		return sum
	}
	none, figures := sum(new(snapshot)), 0
	var visit func(name string, at []int, of reflect.Type)
	visit = func(name string, at []int, of reflect.Type) {
		switch {
		case slices.Contains(shownByLoop, name):
		case of.Kind() == reflect.Struct:
			for i := range of.NumField() {
				visit(strings.TrimPrefix(name+"."+of.Field(i).Name, "."), append(at[:len(at):len(at)], i), of.Field(i).Type)
			}
		default:
			figures++
			s := new(snapshot)
			reflect.NewAt(of, reflect.ValueOf(s).Elem().FieldByIndex(at).Addr().UnsafePointer()).Elem().Set(reflect.ValueOf(1).Convert(of))
			if sum(s) == none && name != "webSocket.OriginsRefused" { // it is among Forbidden
				t.Errorf("%s is not shown", name)
			}
		}
	}
	visit("", nil, reflect.TypeFor[snapshot]())
	if figures < 60 {
		t.Errorf("%d figures", figures)
	}
}
