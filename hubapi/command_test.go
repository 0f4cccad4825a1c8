package hubapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"fanloop/hub"
)

// The world of these: a has two pages, both in g; b is in g and h; c is in h; 7 is in no group.
var commandTests = []struct {
	line, answer string
	got          []string
}{
	// push: whom
	{`{"$cmd":"push","uid":"a","data":1}`, `ok {"taken":2,"refused":0}`, []string{"a: 1", "a: 1"}},
	{`{"$cmd":"push","uid":7,"data":1}`, `ok {"taken":1,"refused":0}`, []string{"7: 1"}},
	{`{"$cmd":"push","uid":"7","data":1}`, `ok {"taken":1,"refused":0}`, []string{"7: 1"}},
	{`{"$cmd":"push","uid":["b","c",7,"7","b"],"data":1}`, `ok {"taken":3,"refused":0}`, []string{"b: 1", "c: 1", "7: 1"}},
	{`{"$cmd":"push","uid":["a","nobody"],"data":1}`, `ok {"taken":2,"refused":0}`, []string{"a: 1", "a: 1"}},
	{`{"$cmd":"push","group":"h","data":1}`, `ok {"taken":2,"refused":0}`, []string{"b: 1", "c: 1"}},
	{`{"$cmd":"push","group":["g","h"],"data":1}`, `ok {"taken":4,"refused":0}`, []string{"a: 1", "a: 1", "b: 1", "c: 1"}},
	{`{"$cmd":"push","uid":"b","group":"h","data":1}`, `ok {"taken":2,"refused":0}`, []string{"b: 1", "c: 1"}},
	{`{"$cmd":"push","all":true,"data":1}`, `ok {"taken":5,"refused":0}`, []string{"a: 1", "a: 1", "b: 1", "c: 1", "7: 1"}},
	{`{"$cmd":"push","all":true,"uid":"a","group":"g","data":1}`, `ok {"taken":5,"refused":0}`, []string{"a: 1", "a: 1", "b: 1", "c: 1", "7: 1"}},
	{`{"$cmd":"push","all":true,"except":"a","data":1}`, `ok {"taken":3,"refused":0}`, []string{"b: 1", "c: 1", "7: 1"}},
	{`{"$cmd":"push","group":["g","h"],"except":["a","c","nobody"],"data":1}`, `ok {"taken":1,"refused":0}`, []string{"b: 1"}},
	{`{"$cmd":"push","uid":"b","except":[],"data":1}`, `ok {"taken":1,"refused":0}`, []string{"b: 1"}},
	{`{"$cmd":"push","uid":["b","c"],"except":"c","data":1}`, `ok {"taken":1,"refused":0}`, []string{"b: 1"}},
	{`{"$cmd":"push","uid":"a","except":"a","data":1}`, `fail {"error":"nobody there","taken":0,"refused":0}`, nil},
	{`{"$cmd":"push","uid":"nobody","data":1}`, `fail {"error":"nobody there","taken":0,"refused":0}`, nil},
	{`{"$cmd":"push","group":"G","data":1}`, `fail {"error":"nobody there","taken":0,"refused":0}`, nil},
	{`{"$cmd":"push","uid":[],"data":1}`, `fail {"error":"nobody there","taken":0,"refused":0}`, nil},
	{`{"$cmd":"push","uid":[ "b" , "c" ],"data":1}`, `ok {"taken":2,"refused":0}`, []string{"b: 1", "c: 1"}},
	{`{"$cmd":"push","uid":["\u0062","\"]"],"data":1}`, `ok {"taken":1,"refused":0}`, []string{"b: 1"}},

	// push: what
	{`{"$cmd":"push","uid":"b","data": {"uid" : "x", "n":1e3,"s":"\u00e9\/"} }`, `ok {"taken":1,"refused":0}`, []string{`b: {"uid" : "x", "n":1e3,"s":"\u00e9\/"}`}},
	{`{"data":[ 1,{"$cmd":"kick"} ],"uid":"b","$cmd":"push"}`, `ok {"taken":1,"refused":0}`, []string{`b: [ 1,{"$cmd":"kick"} ]`}},
	{`{"$cmd":"push","uid":"b","data":null}`, `ok {"taken":1,"refused":0}`, []string{`b: null`}},
	{`{"$cmd":"push","uid":"b","data":"text"}`, `ok {"taken":1,"refused":0}`, []string{`b: "text"`}},
	{`{"$cmd":"push","uid":"b","text":"a\nb\u4f7f"}`, `ok {"taken":1,"refused":0}`, []string{"b: a\nb使"}},
	{`{"$cmd":"push","uid":"b","text":""}`, `ok {"taken":1,"refused":0}`, []string{"b: "}},
	{`{"$cmd":"push","uid":"b","binary":"AP+\/"}`, `ok {"taken":1,"refused":0}`, []string{"b: binary 00ffbf"}},
	{`{"$cmd":"push","uid":"b","binary":""}`, `ok {"taken":1,"refused":0}`, []string{"b: binary "}},
	{`{"\u0024cmd":"\u0070ush","\u0075id":"b","\u0064ata":1}`, `ok {"taken":1,"refused":0}`, []string{"b: 1"}},

	{`{"$cmd":"push","uid":"b","data":1,"key":"k"}`, `ok {"taken":1,"refused":0}`, []string{"b: 1 (k)"}},
	{`{"$cmd":"push","all":true,"except":["a","c"],"binary":"AA==","key":7}`, `ok {"taken":2,"refused":0}`, []string{"b: binary 00 (7)", "7: binary 00 (7)"}},

	// push: mistakes
	{`{"$cmd":"push","data":1}`, `fail {"error":"uid, group, all: one of them is missing"}`, nil},
	{`{"$cmd":"push","except":"a","data":1}`, `fail {"error":"uid, group, all: one of them is missing"}`, nil},
	{`{"$cmd":"push","uid":"b"}`, `fail {"error":"data, text, binary: one of them is missing"}`, nil},
	{`{"$cmd":"push","uid":"b","data":1,"text":"x"}`, `fail {"error":"data, text, binary: only one of them may stand there"}`, nil},
	{`{"$cmd":"push","uid":"b","text":"x","binary":""}`, `fail {"error":"data, text, binary: only one of them may stand there"}`, nil},
	{`{"$cmd":"push","uid":"b","binary":"","data":null}`, `fail {"error":"data, text, binary: only one of them may stand there"}`, nil},
	{`{"$cmd":"push","uid":"b","text":1}`, `fail {"error":"text: want a string"}`, nil},
	{`{"$cmd":"push","uid":"b","text":"\ud83d"}`, `fail {"error":"text: half of a surrogate pair is no character"}`, nil},
	{`{"$cmd":"push","uid":"b","binary":[0,255]}`, `fail {"error":"binary: want a string"}`, nil},
	{`{"$cmd":"push","uid":"b","binary":"AP_-"}`, `fail {"error":"binary: want base64"}`, nil},
	{`{"$cmd":"push","uid":"b","binary":"AA"}`, `fail {"error":"binary: want base64"}`, nil},
	{`{"$cmd":"push","uid":"b","binary":"AB=="}`, `fail {"error":"binary: want base64"}`, nil},
	{`{"$cmd":"push","uid":"","data":1}`, `fail {"error":"uid: want a string that is not empty, an integer, or a list of them"}`, nil},
	{`{"$cmd":"push","uid":null,"data":1}`, `fail {"error":"uid: want a string that is not empty, an integer, or a list of them"}`, nil},
	{`{"$cmd":"push","uid":1.5,"all":true,"data":1}`, `fail {"error":"uid: want a string that is not empty, an integer, or a list of them"}`, nil},
	{`{"$cmd":"push","group":{},"data":1}`, `fail {"error":"group: want a string that is not empty, an integer, or a list of them"}`, nil},
	{`{"$cmd":"push","uid":["b",["c"]],"data":1}`, `fail {"error":"uid: the list has something that is neither a string that is not empty nor an integer"}`, nil},
	{`{"$cmd":"push","uid":["b",""],"data":1}`, `fail {"error":"uid: the list has something that is neither a string that is not empty nor an integer"}`, nil},
	{`{"$cmd":"push","all":true,"except":[true],"data":1}`, `fail {"error":"except: the list has something that is neither a string that is not empty nor an integer"}`, nil},
	{`{"$cmd":"push","all":1,"data":1}`, `fail {"error":"all: want true"}`, nil},
	{`{"$cmd":"push","all":false,"uid":"b","data":1}`, `fail {"error":"all: want true"}`, nil},
	{`{"$cmd":"push","uid":"b","uid":"c","data":1}`, `fail {"error":"uid: stands twice"}`, nil},
	{`{"$cmd":"push","uid":"b","\u0075id":"c","data":1}`, `fail {"error":"uid: stands twice"}`, nil},
	{`{"$cmd":"push","$cmd":"kick","uid":"b"}`, `fail {"error":"$cmd: stands twice"}`, nil},
	{`{"$cmd":"push","uid":"b","Data":1}`, `fail {"error":"Data: not a member of push"}`, nil},
	{`{"$cmd":"push","uid":"b","data":1,"key":""}`, `fail {"error":"key: want a string that is not empty, or an integer"}`, nil},
	{`{"$cmd":"push","uid":"b","data":1,"key":["k"]}`, `fail {"error":"key: want a string that is not empty, or an integer"}`, nil},
	{`{"$cmd":"push","uid":"b","data":1,"key":"` + strings.Repeat("k", 1025) + `"}`, `fail {"error":"key: longer than 1024 bytes"}`, nil},
	{`{"$cmd":"push","uid":"b","data":1,"code":4001}`, `fail {"error":"code: not a member of push"}`, nil},
	{`{"$cmd":"push","uid":"b","data":1,"":2}`, `fail {"error":"\"\": not a member of push"}`, nil},
	{`{"$cmd":"push","uid":"b","data":1,"a\nb<":2}`, `fail {"error":"a\nb<: not a member of push"}`, nil},
	{`{"$cmd":"push","uid":"b","data":1,"\ud800":2}`, `fail {"error":"\\ud800: not a member of push"}`, nil},
	{`{"$cmd":"push","uid":"b","data":1,"` + strings.Repeat("é", 40) + `":2}`, `fail {"error":"` + strings.Repeat("é", 32) + `...: not a member of push"}`, nil},
	{`{"$cmd":"push","uid":"b","data":"` + strings.Repeat("x", 1<<20) + `"}`, `fail {"error":"message too large","taken":0,"refused":0}`, nil},

	// $cmd itself
	{`{"$cmd":"pusch","uid":"b"}`, `fail {"error":"$cmd: unknown command pusch"}`, nil},
	{`{"$cmd":"Push","uid":"b","data":1}`, `fail {"error":"$cmd: unknown command Push"}`, nil},
	{`{"$cmd":""}`, `fail {"error":"$cmd: unknown command \"\""}`, nil},
	{`{"$cmd":7}`, `fail {"error":"$cmd: want a string"}`, nil},
	{`{"$cmd":null,"uid":"b"}`, `fail {"error":"$cmd: want a string"}`, nil},
	{`{"$cmd":"\udc00"}`, `fail {"error":"$cmd: half of a surrogate pair is no character"}`, nil},

	// kick
	{`{"$cmd":"kick","uid":"a"}`, `ok {"connections":2}`, []string{"a: kicked 4000", "a: kicked 4000"}},
	{`{"$cmd":"kick","group":"h","except":"b","data":{"bye":1},"code":4003,"reason":"過期"}`, `ok {"connections":1}`, []string{`c: {"bye":1}`, "c: kicked 4003 過期"}},
	{`{"$cmd":"kick","all":true,"text":"bye","code":1001}`, `ok {"connections":5}`, []string{
		"a: bye", "a: kicked 1001", "a: bye", "a: kicked 1001", "b: bye", "b: kicked 1001", "c: bye", "c: kicked 1001", "7: bye", "7: kicked 1001"}},
	{`{"$cmd":"kick","uid":["b","c"],"binary":"AQ=="}`, `ok {"connections":2}`, []string{"b: binary 01", "b: kicked 4000", "c: binary 01", "c: kicked 4000"}},
	{`{"$cmd":"kick","uid":"nobody"}`, `fail {"error":"nobody there","connections":0}`, nil},
	{`{"$cmd":"kick"}`, `fail {"error":"uid, group, all: one of them is missing"}`, nil},
	{`{"$cmd":"kick","uid":"b","data":1,"text":"x"}`, `fail {"error":"data, text, binary: only one of them may stand there"}`, nil},
	{`{"$cmd":"kick","uid":"b","code":1005}`, `fail {"error":"code: want 1000-1003, 1007-1014 or 3000-4999"}`, nil},
	{`{"$cmd":"kick","uid":"b","code":2999}`, `fail {"error":"code: want 1000-1003, 1007-1014 or 3000-4999"}`, nil},
	{`{"$cmd":"kick","uid":"b","code":"4001"}`, `fail {"error":"code: want 1000-1003, 1007-1014 or 3000-4999"}`, nil},
	{`{"$cmd":"kick","uid":"b","reason":7}`, `fail {"error":"reason: want a string"}`, nil},
	{`{"$cmd":"kick","uid":"b","reason":"` + strings.Repeat("é", 62) + `"}`, `fail {"error":"reason: longer than 123 bytes"}`, nil},
	{`{"$cmd":"kick","uid":"b","data":"` + strings.Repeat("x", 1<<20) + `"}`, `fail {"error":"message too large","connections":0}`, nil},
	{`{"$cmd":"kick","uid":"b","data":1,"key":"k"}`, `fail {"error":"key: not a member of kick"}`, nil},
	{`{"$cmd":"kick","uid":"b","limit":1}`, `fail {"error":"limit: not a member of kick"}`, nil},

	// join, leave, unbind
	{`{"$cmd":"join","uid":"a","group":"new"}`, `ok {"connections":2}`, nil},
	{`{"$cmd":"join","uid":["a","c",7,"7"],"group":12}`, `ok {"connections":4}`, nil},
	{`{"$cmd":"join","uid":["c","nobody"],"group":"g"}`, `ok {"connections":1}`, nil},
	{`{"$cmd":"join","uid":"nobody","group":"g"}`, `fail {"error":"nobody there","connections":0}`, nil},
	{`{"$cmd":"join","uid":"a","group":"` + strings.Repeat("g", 1025) + `"}`, `fail {"error":"group: name too long","connections":0}`, nil},
	{`{"$cmd":"join","uid":"a"}`, `fail {"error":"group: missing"}`, nil},
	{`{"$cmd":"join","group":"g"}`, `fail {"error":"uid: missing"}`, nil},
	{`{"$cmd":"join","uid":"a","group":["g"]}`, `fail {"error":"group: want a string that is not empty, or an integer"}`, nil},
	{`{"$cmd":"join","uid":"a","group":"g","all":true}`, `fail {"error":"all: not a member of join"}`, nil},
	{`{"$cmd":"leave","uid":"a","group":"g"}`, `ok {"connections":2}`, nil},
	{`{"$cmd":"leave","uid":["b","c"],"group":"nowhere"}`, `ok {"connections":2}`, nil},
	{`{"$cmd":"leave","uid":"nobody","group":"g"}`, `fail {"error":"nobody there","connections":0}`, nil},
	{`{"$cmd":"leave","uid":"a","group":""}`, `fail {"error":"group: want a string that is not empty, or an integer"}`, nil},
	{`{"$cmd":"unbind","uid":"a"}`, `ok {"connections":2}`, nil},
	{`{"$cmd":"unbind","uid":["b",7]}`, `ok {"connections":2}`, nil},
	{`{"$cmd":"unbind","uid":"nobody"}`, `fail {"error":"nobody there","connections":0}`, nil},
	{`{"$cmd":"unbind"}`, `fail {"error":"uid: missing"}`, nil},
	{`{"$cmd":"unbind","uid":"a","group":"g"}`, `fail {"error":"group: not a member of unbind"}`, nil},

	// online, count
	{`{"$cmd":"online","uid":"a"}`, `ok {"online":true}`, nil},
	{`{"$cmd":"online","uid":"nobody"}`, `ok {"online":false}`, nil},
	{`{"$cmd":"online","uid":["nobody<",7,"a"]}`, `ok {"online":{"7":true,"a":true,"nobody<":false}}`, nil},
	{`{"$cmd":"online","uid":["a"]}`, `ok {"online":{"a":true}}`, nil},
	{`{"$cmd":"online","uid":[]}`, `ok {"online":{}}`, nil},
	{`{"$cmd":"online"}`, `fail {"error":"uid: missing"}`, nil},
	{`{"$cmd":"online","uid":true}`, `fail {"error":"uid: want a string that is not empty, an integer, or a list of them"}`, nil},
	{`{"$cmd":"count"}`, `ok {"connections":5,"uids":4,"groups":2}`, nil},
	{`{"$cmd":"count","uid":"a"}`, `ok {"connections":2}`, nil},
	{`{"$cmd":"count","group":"g"}`, `ok {"connections":3}`, nil},
	{`{"$cmd":"count","group":["g","h"],"except":"b"}`, `ok {"connections":3}`, nil},
	{`{"$cmd":"count","all":true}`, `ok {"connections":5}`, nil},
	{`{"$cmd":"count","uid":"nobody"}`, `ok {"connections":0}`, nil},
	{`{"$cmd":"count","uid":[]}`, `ok {"connections":0}`, nil},
	{`{"$cmd":"count","except":"a"}`, `fail {"error":"uid, group, all: one of them is missing"}`, nil},
	{`{"$cmd":"count","data":1}`, `fail {"error":"data: not a member of count"}`, nil},

	// lists
	{`{"$cmd":"uids"}`, `ok {"uids":["a","b","c","7"]}`, nil},
	{`{"$cmd":"uids","limit":2}`, `ok {"uids":["a","b"],"cursor":"2"}`, nil},
	{`{"$cmd":"uids","limit":2,"cursor":"2"}`, `ok {"uids":["c","7"]}`, nil},
	{`{"$cmd":"uids","cursor":"zzz"}`, `ok {"uids":[]}`, nil},
	{`{"$cmd":"groups"}`, `ok {"groups":["g","h"]}`, nil},
	{`{"$cmd":"groups","limit":1}`, `ok {"groups":["g"],"cursor":"1"}`, nil},
	{`{"$cmd":"groups","cursor":"5"}`, `ok {"groups":[]}`, nil},
	{`{"$cmd":"members","group":"g"}`, `ok {"uids":["a","a","b"]}`, nil},
	{`{"$cmd":"members","group":"g","limit":1,"cursor":"1"}`, `ok {"uids":["a"],"cursor":"2"}`, nil},
	{`{"$cmd":"members","group":"nowhere"}`, `ok {"uids":[]}`, nil},
	{`{"$cmd":"members"}`, `fail {"error":"group: missing"}`, nil},
	{`{"$cmd":"members","group":"g","uid":"a"}`, `fail {"error":"uid: not a member of members"}`, nil},
	{`{"$cmd":"uids","limit":0}`, `fail {"error":"limit: want an integer from 1 to 1000"}`, nil},
	{`{"$cmd":"uids","limit":1001}`, `fail {"error":"limit: want an integer from 1 to 1000"}`, nil},
	{`{"$cmd":"uids","limit":1e2}`, `fail {"error":"limit: want an integer from 1 to 1000"}`, nil},
	{`{"$cmd":"uids","limit":99999999999999999999}`, `fail {"error":"limit: want an integer from 1 to 1000"}`, nil},
	{`{"$cmd":"uids","cursor":2}`, `fail {"error":"cursor: want a string"}`, nil},
	{`{"$cmd":"uids","cursor":""}`, `fail {"error":"cursor: not one that an answer had"}`, nil},
	{`{"$cmd":"uids","cursor":"0"}`, `fail {"error":"cursor: not one that an answer had"}`, nil},
	{`{"$cmd":"groups","cursor":"02"}`, `fail {"error":"cursor: not one that an answer had"}`, nil},
	{`{"$cmd":"members","group":"g","cursor":"3w5e11264sgsf"}`, `fail {"error":"cursor: not one that an answer had"}`, nil}, // 2^64-1
}

func inhabited(t testing.TB, loops int) *world {
	w := newWorld(t, loops)
	w.page("a", "g")
	w.page("a", "g")
	w.page("b", "g", "h")
	w.page("c", "h")
	w.page("7")
	return w
}

func TestCommands(t *testing.T) {
	for _, loops := range []int{1, 2, 4} {
		for _, test := range commandTests {
			for from := range loops {
				w := inhabited(t, loops)
				if !isCommand([]byte(test.line)) {
					t.Fatalf("%.200s: no command", test.line)
				}
				if got := w.run(from, test.line); got != test.answer {
					t.Errorf("%.200s: from loop %d of %d: got\n%.300s, want\n%.300s", test.line, from, loops, got, test.answer)
				}
				if got := w.got(); !slices.Equal(got, test.got) {
					t.Errorf("%.200s: from loop %d of %d: pages got\n%q, want\n%q", test.line, from, loops, got, test.got)
				}
			}
		}
	}
}

func TestIsCommand(t *testing.T) {
	for _, line := range []string{
		``, `x`, `{}`, `[]`, `"$cmd"`, `{"uid":"b","data":{"$cmd":"kick"}}`, `{"$CMD":"push"}`, `{"cmd":"push"}`, `{"$cmd":"push"`,
		`{"$cmd":"push"}{}`, `{"$cmd":"push",}`, "{\"$cmd\":\"\xff\"}", `{"$cmd":"` + strings.Repeat("x", maxCommand) + `"}`,
	} {
		if isCommand([]byte(line)) {
			t.Errorf("%.100s is a command", line)
		}
	}
}

func TestMessageOfOneMiBInBase64(t *testing.T) {
	w := inhabited(t, 1)
	line := `{"$cmd":"push","uid":"b","binary":"` + strings.Repeat("AAAA", (1<<20)/3) + `AA=="}`
	if !isCommand([]byte(line)) {
		t.Fatal("too long")
	}
	if got := w.run(0, line); got != `ok {"taken":1,"refused":0}` {
		t.Error(got)
	}
}

func TestRefused(t *testing.T) {
	w := inhabited(t, 2)
	w.pages[0].full = true
	tests := []struct{ line, answer string }{
		{`{"$cmd":"push","uid":"a","data":1}`, `ok {"taken":1,"refused":1}`},
		{`{"$cmd":"push","uid":"a","except":["x"],"data":2}`, `ok {"taken":1,"refused":1}`},
	}
	for _, test := range tests {
		if got := w.run(1, test.line); got != test.answer {
			t.Errorf("%s: %s", test.line, got)
		}
	}
	w.pages[1].full = true
	if got := w.run(1, tests[0].line); got != `fail {"error":"nobody took it","taken":0,"refused":2}` {
		t.Error(got)
	}
}

// The one of a's pages that is in too many groups does not keep the other out.
func TestJoinTooManyGroups(t *testing.T) {
	w := newWorld(t, 2)
	full := w.page("a")
	w.hub.Do(w.loops[0], func(x *hub.Home) {
		for i := range 1000 {
			if err := x.Join(full, strconv.Itoa(i)); err != nil {
				t.Fatal(err)
			}
		}
	})
	w.page("a")
	if got := w.run(0, `{"$cmd":"join","uid":"a","group":"g"}`); got != `fail {"error":"uid a: in too many groups already","connections":1}` {
		t.Error(got)
	}
	if got := w.run(0, `{"$cmd":"join","uid":"a","group":"999"}`); got != `ok {"connections":2}` {
		t.Error(got)
	}
}

func TestLongList(t *testing.T) {
	for most, want := range map[int]string{
		maxNames:     `ok {"connections":5}`,
		maxNames + 1: `fail {"error":"uid: more than 10000 in the list"}`,
	} {
		var list []string
		for i := range most - 4 {
			list = append(list, fmt.Sprint("x", i))
		}
		list = append(list, "a", "b", "c", "7", "7")
		line, _ := json.Marshal(map[string]any{"$cmd": "count", "uid": list})
		if got := inhabited(t, 1).run(0, string(line)); got != want {
			t.Errorf("%d names: %s", most, got)
		}
	}
}

// One caller's commands take effect in their order, whatever the loops.
func TestCommandsInOrder(t *testing.T) {
	for _, loops := range []int{1, 2, 4} {
		w := newWorld(t, loops)
		w.page("first")
		p := w.page("a")
		var answers []string
		for _, line := range []string{
			`{"$cmd":"push","group":"g","data":1}`,
			`{"$cmd":"join","uid":"a","group":"g"}`,
			`{"$cmd":"push","group":"g","data":2}`,
			`{"$cmd":"push","all":true,"data":3}`,
			`{"$cmd":"leave","uid":"a","group":"g"}`,
			`{"$cmd":"push","group":"g","data":4}`,
			`{"$cmd":"unbind","uid":"a"}`,
			`{"$cmd":"push","uid":"a","data":5}`,
			`{"$cmd":"push","all":true,"data":6}`,
		} {
			runCommand(w.hub, w.loops[loops-1], []byte(line), func(a []byte) { answers = append(answers, string(a)) })
		}
		w.settle()
		if len(answers) != 9 || !slices.Equal(p.got, []string{"2", "3"}) {
			t.Errorf("%d loops: the page got %q; answers %q", loops, p.got, answers)
		}
	}
}

func TestPagesOfLists(t *testing.T) {
	w := newWorld(t, 2)
	var want []string
	for i := range 25 {
		w.page(fmt.Sprint(i), "g", fmt.Sprint("g", i))
		want = append(want, fmt.Sprint(i))
	}
	for _, name := range []string{"uids", "members"} {
		members := ""
		if name == "members" {
			members = `,"group":"g"`
		}
		var got []string
		for cursor, pages := "", 0; pages < 10; pages++ {
			answer := w.run(1, `{"$cmd":"`+name+`","limit":10`+members+cursor+`}`)
			var page struct {
				UIDs   []string
				Cursor string
			}
			if err := json.Unmarshal([]byte(strings.TrimPrefix(answer, "ok ")), &page); err != nil {
				t.Fatal(answer, err)
			}
			if got = append(got, page.UIDs...); page.Cursor == "" {
				break
			}
			cursor = `,"cursor":"` + page.Cursor + `"`
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func FuzzCommand(f *testing.F) {
	for _, test := range commandTests {
		if len(test.line) < 1000 {
			f.Add([]byte(test.line), uint8(1))
		}
	}
	f.Add([]byte(`hello`), uint8(2))
	f.Fuzz(func(t *testing.T, line []byte, loops uint8) {
		if !isCommand(line) {
			if list, ok := membersByJSON(line); ok && len(line) <= maxCommand && slices.ContainsFunc(list, func(m member) bool { return m.name == commandKey }) {
				t.Fatalf("%q is none", line)
			}
			return
		}
		if _, err := parseLine(line); err == nil {
			t.Fatalf("%q is a plain line too", line)
		}
		w := inhabited(t, int(loops%4)+1)
		answer := w.run(int(loops)%len(w.loops), string(line))
		word, object, found := strings.Cut(answer, " ")
		var members map[string]json.RawMessage
		if !found || json.Unmarshal([]byte(object), &members) != nil || !utf8.ValidString(answer) || bytes.ContainsAny([]byte(answer), "\r\n") {
			t.Fatalf("%q: %q", line, answer)
		}
		_, hasError := members["error"]
		if word != "ok" && word != "fail" || hasError != (word == "fail") {
			t.Fatalf("%q: %q", line, answer)
		}
		checkCommand(t, line, word)
	})
}

// checkCommand compares a line that was answered ok with what encoding/json finds in it: $cmd is known, and no member is doubled.
func checkCommand(t *testing.T, line []byte, word string) {
	t.Helper()
	if word != "ok" {
		return
	}
	list, ok := membersByJSON(line)
	seen := map[string]bool{}
	for _, m := range list {
		if seen[m.name] {
			t.Fatalf("%q: ok, with %s twice", line, m.name)
		}
		seen[m.name] = true
		if m.name == commandKey {
			var name string
			if json.Unmarshal(m.value, &name) != nil || commands[name].read == nil {
				t.Fatalf("%q: ok, with the command %s", line, m.value)
			}
		}
	}
	if !ok || !seen[commandKey] {
		t.Fatalf("%q: ok", line)
	}
}

func BenchmarkCommand(b *testing.B) {
	w := newWorld(b, 1)
	page := w.page("u1")
	for name, text := range map[string]string{
		"push":   `{"$cmd":"push","uid":"u1","data":{"text":"hello","list":[1,2,3]}}`,
		"online": `{"$cmd":"online","uid":"u1"}`,
	} {
		b.Run(name, func(b *testing.B) {
			line := []byte(text)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parseLine(line); err != errReserved {
					b.Fatal(err)
				}
				runCommand(w.hub, w.loops[0], line, func([]byte) {})
				page.got = page.got[:0]
			}
		})
	}
}
