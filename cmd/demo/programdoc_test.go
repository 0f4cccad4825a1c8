package main

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// docs/program.md names each member of a status, each flag of stop and status, and each command.
func TestProgramDocument(t *testing.T) {
	page, err := os.ReadFile("../../docs/program.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, of := range []any{status{}, listenerStatus{}, loopStatus{}} {
		for i := range reflect.TypeOf(of).NumField() {
			if member := reflect.TypeOf(of).Field(i).Tag.Get("json"); !strings.Contains(text, "`"+member+"`") {
				t.Errorf("%T: %q is missing", of, member)
			}
		}
	}
	for verb := range verbs {
		if !strings.Contains(text, "\n## "+verb+"\n") || !strings.Contains(usage, verb) {
			t.Errorf("%s is missing", verb)
		}
	}
}
