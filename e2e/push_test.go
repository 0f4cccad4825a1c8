package e2e

import (
	"strings"
	"testing"
)

func TestGroups(t *testing.T) {
	d := start(t, "-loops", "2")
	a, b, other := d.page("a"), d.page("b"), d.page("c")
	backend := d.backend()
	expect(t, backend, `{"group":"news","n":0}`, "fail")
	a.Say(`{"join":"news"}`)
	b.Say(`{"join":"news"}`)
	d.stderr.Await(t, "msg=joined", 2)
	expect(t, backend, `{"group":"news","n":1}`, "ok", a, b)

	a.Say(`{"leave":"news"}`)
	d.stderr.Await(t, "msg=left", 1)
	expect(t, backend, `{"group":"news","n":2}`, "ok", b)
	expect(t, backend, `{"all":true}`, "ok", a, b, other)
}

// TestBadLines also shows that nobody else notices: everybody is still there, has got nothing, and the same back end goes on.
func TestBadLines(t *testing.T) {
	d := start(t)
	a, b := d.page("uid1"), d.page("uid2")
	backend := d.backend()
	tests := []struct{ name, line string }{
		{"empty", ``},
		{"not JSON", `hello`},
		{"array", `[{"uid":"uid1"}]`},
		{"number", `7`},
		{"nobody named", `{"text":"x"}`},
		{"another case", `{"All":true,"UID":"uid1"}`},
		{"uid in a list", `{"uid":["x"]}`},
		{"uid in a list, and known", `{"uid":["uid1"]}`},
		{"uid null, then a group", `{"uid":null,"all":true}`},
		{"not UTF-8", "{\"uid\":\"uid1\",\"text\":\"\xff\xfe\"}"},
		{"half a character", "{\"uid\":\"uid1\",\"text\":\"\xe4\xbd\"}"},
		{"doubled uid", `{"uid":"uid1","uid":"uid2"}`},
		{"doubled all, escaped", `{"all":true,"\u0061ll":true}`},
		{"deep", strings.Repeat(`{"uid":`, 50_000)},
		{"two megabytes", `{"uid":"uid1","text":"` + strings.Repeat("x", 2<<20) + `"}`},
		{"nine megabytes of nonsense", strings.Repeat("x", 9<<20)},
	}
	for _, test := range tests {
		if got := backend.Ask(test.line); got != "fail" {
			t.Errorf("%s: got %q, want fail", test.name, got)
		}
	}
	expect(t, backend, `{"all":true,"still":"here"}`, "ok", a, b)
}

// The one line that costs a back end its connection is one that does not end.
func TestEndlessLine(t *testing.T) {
	d := start(t, "-linger", "1m") // it has to read on for as long as all of it takes
	p := d.page("uid1")
	backend := d.backend()
	backend.Write(strings.Repeat("x", 11<<20))
	if got := backend.Answer(); got != "error: line too long" {
		t.Errorf("got %q", got)
	}
	backend.Ended()
	expect(t, d.backend(), `{"uid":"uid1"}`, "ok", p)
}

// A large line is pushed whole.
func TestLargeLine(t *testing.T) {
	d := start(t)
	p := d.page("uid1")
	expect(t, d.backend(), `{"uid":"uid1","text":"`+strings.Repeat("你", 300_000)+`"}`, "ok", p)
}
