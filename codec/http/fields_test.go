package http

import (
	"iter"
	"slices"
	"testing"
)

var someFields = Fields{
	NewField("Connection", "keep-alive , Upgrade"),
	NewField("A", ""),
	NewField("connection", ""),
	NewField("B", "1"),
	NewField("CONNECTION", ",,close,\t, TE,x,"),
	NewField("b", "2"),
}

func TestFields(t *testing.T) {
	f := someFields
	if got := f.Get("b"); string(got) != "1" {
		t.Errorf("Get(b) is %q", got)
	}
	if got := f.Get("a"); got == nil || len(got) != 0 {
		t.Errorf("Get of an empty value is %v", got)
	}
	if got := f.Get("C"); got != nil {
		t.Errorf("Get of a field that is not there is %v", got)
	}
	if !f.Has("a") || f.Has("C") || f.Count("CONNECTION") != 3 || f.Count("C") != 0 {
		t.Errorf("Has or Count: %v, %v, %d, %d", f.Has("a"), f.Has("C"), f.Count("CONNECTION"), f.Count("C"))
	}
	if got := texts(f.Values("B")); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("Values(B): %q", got)
	}
	if got := texts(f.List("Connection")); !slices.Equal(got, []string{"keep-alive", "Upgrade", "close", "TE", "x"}) {
		t.Errorf("List(Connection): %q", got)
	}
	for range f.List("Connection") {
		break // a yield after the loop has ended would panic
	}
}

func texts(values iter.Seq[[]byte]) []string {
	var out []string
	for v := range values {
		out = append(out, string(v))
	}
	return out
}

func TestHasToken(t *testing.T) {
	for token, want := range map[string]bool{
		"upgrade": true, "UPGRADE": true, "close": true, "te": true, "keep-alive": true,
		"keep": false, "": false, "closed": false, "keep-alive , Upgrade": false,
	} {
		if got := someFields.HasToken("Connection", token); got != want {
			t.Errorf("%q: %v", token, got)
		}
	}
}

func TestLookingUpDoesNotAllocate(t *testing.T) {
	f := someFields
	n := testing.AllocsPerRun(100, func() {
		if f.Get("b") == nil || f.Count("b") != 2 || !f.HasToken("Connection", "te") {
			t.Error("not found")
		}
		for range f.List("Connection") {
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
