package hubapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// call makes a call from a loop, and wants exactly one answer. It overwrites the body as soon as it may.
func (w *world) call(loop int, method, path, query string, m media, body string) answer {
	w.t.Helper()
	e, value := endpointOf(w.t, method, path)
	var answers []answer
	c := &call{value: value, query: query, media: m, body: []byte(body)}
	e.serve(w.hub, w.loops[loop], c, func(a answer) { answers = append(answers, a) })
	for i := range c.body {
		c.body[i] = 'x'
	}
	w.settle()
	if len(answers) != 1 {
		w.t.Fatalf("%s %s %.200s: %d answers: %v", method, path, body, len(answers), answers)
	}
	return answers[0]
}

// endpointOf is what a router does.
func endpointOf(t testing.TB, method, path string) (*endpoint, string) {
	t.Helper()
	for i, e := range endpoints {
		if e.method != method {
			continue
		}
		if path == e.path {
			return &endpoints[i], ""
		}
		fixed, _, wild := strings.Cut(e.path, "{")
		if value, ok := strings.CutPrefix(path, fixed); wild && ok && !strings.Contains(value, "/") {
			return &endpoints[i], value
		}
	}
	t.Fatalf("no endpoint %s %s", method, path)
	return nil, ""
}

// Whatever is said on the text port as a command for which there is a POST has the same effect and the same answer there.
func TestPostsAreCommands(t *testing.T) {
	posts := 0
	for _, test := range commandTests {
		var object struct {
			Command string `json:"$cmd"`
		}
		if json.Unmarshal([]byte(test.line), &object) != nil || !hasEndpoint("POST", "/"+object.Command) {
			continue
		}
		posts++
		for _, loops := range []int{1, 2, 4} {
			w := inhabited(t, loops)
			got := w.call(loops-1, "POST", "/"+object.Command, "", mediaJSON, test.line)
			if text := asLine(t, got); text != test.answer {
				t.Errorf("%.200s: got\n%.300s, want\n%.300s", test.line, text, test.answer)
			}
			if pages := w.got(); !slices.Equal(pages, test.got) {
				t.Errorf("%.200s: pages got\n%q, want\n%q", test.line, pages, test.got)
			}
		}
	}
	if posts < 80 {
		t.Errorf("only %d commands tried", posts)
	}
}

func hasEndpoint(method, path string) bool {
	return slices.ContainsFunc(endpoints, func(e endpoint) bool { return e.method == method && e.path == path })
}

// asLine makes of an answer over HTTP what the text port says.
func asLine(t testing.TB, a answer) string {
	t.Helper()
	body := strings.TrimSuffix(string(a.body), "\n")
	if a.status == 200 && a.media == mediaJSON {
		return "ok " + body
	}
	var p problem
	if err := json.Unmarshal(a.body, &p); err != nil || p.Status != a.status || a.media != mediaProblem {
		t.Fatalf("%d %s %s: %v", a.status, a.media, a.body, err)
	}
	begin := string(encode(p))
	rest, ok := strings.CutPrefix(body, strings.TrimSuffix(begin, "}"))
	if !ok {
		t.Fatalf("%s does not begin as %s", body, begin)
	}
	reason := string(encode(map[string]string{"error": p.Detail}))
	return "fail " + strings.TrimSuffix(reason, "}") + rest
}

// A plain line is the same message to the same pages over HTTP, without the blanks around it.
func TestPlainPushes(t *testing.T) {
	for _, test := range lineTests {
		if test.err == errReserved || test.name == "array" { // a command, a batch
			continue
		}
		w := newWorld(t, 2)
		page := w.page("u1", "g")
		got := w.call(1, "POST", "/push", "", mediaJSON, test.line)
		switch {
		case test.err == errTooLarge && got.status != 413,
			test.err != nil && test.err != errTooLarge && got.status != 400,
			test.err == nil && got.status != 200 && got.status != 404:
			t.Errorf("%s: %d %.200s", test.name, got.status, got.body)
		}
		if got.status == 200 && !slices.Equal(page.got, []string{strings.Trim(test.line, " \t\r\n")}) {
			t.Errorf("%s: the page got %.200q", test.name, page.got)
		}
	}
}

var callTests = []struct {
	method, path, query string
	body                string
	status              int
	answer              string
}{
	{"POST", "/push", "", " {\"uid\":\"b\",\n\"x\":1}\r\n", 200, `{"taken":1,"refused":0}`},
	{"POST", "/push", "", `{"uid":"nobody"}`, 404, `{"title":"Not Found","status":404,"detail":"nobody there","taken":0,"refused":0}`},
	{"POST", "/push", "", `{"x":1}`, 400, `{"title":"Bad Request","status":400,"detail":"no uid, group or all"}`},
	{"POST", "/push", "", ``, 400, `{"title":"Bad Request","status":400,"detail":"not a JSON object in UTF-8"}`},
	{"POST", "/push", "", `{"$cmd":"kick","uid":"b"}`, 400, `{"title":"Bad Request","status":400,"detail":"$cmd: want push here"}`},
	{"POST", "/push", "", `{"$cmd":1}`, 400, `{"title":"Bad Request","status":400,"detail":"$cmd: want a string"}`},
	{"POST", "/push", "", `{"uid":"b","x":"` + strings.Repeat("x", 1<<20) + `"}`, 413, `{"title":"Content Too Large","status":413,"detail":"larger than 1 MiB"}`},
	{"POST", "/push", "", `{"$cmd":"push","uid":"b","binary":"` + strings.Repeat("A", 4<<20) + `"}`, 413, `{"title":"Content Too Large","status":413,"detail":"larger than 1 MiB"}`},
	{"POST", "/kick", "", `{"uid":"b"}`, 200, `{"connections":1}`},
	{"POST", "/kick", "", `{"uid":"b","x":"` + strings.Repeat("x", 4<<20) + `"}`, 413, `{"title":"Content Too Large","status":413,"detail":"larger than 4 MiB"}`},
	{"POST", "/kick", "", `[{"uid":"b"}]`, 400, `{"title":"Bad Request","status":400,"detail":"not a JSON object in UTF-8"}`},
	{"POST", "/kick", "", `{"uid":"b","uid":"c"}`, 400, `{"title":"Bad Request","status":400,"detail":"uid: stands twice"}`},
	{"POST", "/join", "", `{"uid":["a","c"],"group":"new"}`, 200, `{"connections":3}`},
	{"POST", "/join", "", `{"$cmd":"join","uid":"a","group":"new"}`, 200, `{"connections":2}`},
	{"POST", "/join", "", `{"$cmd":"leave","uid":"a","group":"new"}`, 400, `{"title":"Bad Request","status":400,"detail":"$cmd: want join here"}`},
	{"POST", "/leave", "", `{"uid":"a","group":"g"}`, 200, `{"connections":2}`},
	{"POST", "/unbind", "", `{"uid":7}`, 200, `{"connections":1}`},
	{"POST", "/unbind", "", `{"uid":"nobody"}`, 404, `{"title":"Not Found","status":404,"detail":"nobody there","connections":0}`},

	{"GET", "/online/a", "", "", 200, `{"online":true}`},
	{"GET", "/online/7", "", "", 200, `{"online":true}`},
	{"GET", "/online/no \"body\"<", "", "", 200, `{"online":false}`},
	{"GET", "/online/\xff", "", "", 400, `{"title":"Bad Request","status":400,"detail":"uid: not UTF-8"}`},
	{"GET", "/online/a", "uid=b", "", 400, `{"title":"Bad Request","status":400,"detail":"uid: stands twice"}`},
	{"GET", "/online/a", "x=b", "", 400, `{"title":"Bad Request","status":400,"detail":"x: not a member of online"}`},
	{"GET", "/online/a", "x=%zz", "", 400, `{"title":"Bad Request","status":400,"detail":"the query cannot be read"}`},
	{"GET", "/count", "", "", 200, `{"connections":5,"uids":4,"groups":2}`},
	{"GET", "/count", "uid=a&uid=7&except=x", "", 200, `{"connections":3}`},
	{"GET", "/count", "uid=b&group=h", "", 200, `{"connections":2}`},
	{"GET", "/count", "all=true&except=a", "", 200, `{"connections":3}`},
	{"GET", "/count", "all=yes", "", 400, `{"title":"Bad Request","status":400,"detail":"all: want true"}`},
	{"GET", "/count", "all=", "", 400, `{"title":"Bad Request","status":400,"detail":"all: want true"}`},
	{"GET", "/count", "all=true&all=true", "", 400, `{"title":"Bad Request","status":400,"detail":"all: stands twice"}`},
	{"GET", "/count", "except=a", "", 400, `{"title":"Bad Request","status":400,"detail":"uid, group, all: one of them is missing"}`},
	{"GET", "/count", "uid=", "", 400, `{"title":"Bad Request","status":400,"detail":"uid: want a string that is not empty, an integer, or a list of them"}`},
	{"GET", "/count", "uid=%ff", "", 400, `{"title":"Bad Request","status":400,"detail":"uid: not UTF-8"}`},
	{"GET", "/count", "uid=%ff&uid=a", "", 400, `{"title":"Bad Request","status":400,"detail":"uid: not UTF-8"}`},
	{"GET", "/count", "%24cmd=count", "", 400, `{"title":"Bad Request","status":400,"detail":"$cmd: not a member of count"}`},
	{"GET", "/count", "data=1", "", 400, `{"title":"Bad Request","status":400,"detail":"data: not a member of count"}`},
	{"GET", "/uids", "limit=2", "", 200, `{"uids":["a","b"],"cursor":"2"}`},
	{"GET", "/uids", "limit=2&cursor=2", "", 200, `{"uids":["c","7"]}`},
	{"GET", "/uids", "limit=", "", 400, `{"title":"Bad Request","status":400,"detail":"limit: want an integer from 1 to 1000"}`},
	{"GET", "/uids", "limit=%2B5", "", 400, `{"title":"Bad Request","status":400,"detail":"limit: want an integer from 1 to 1000"}`},
	{"GET", "/uids", "cursor=x&cursor=y", "", 400, `{"title":"Bad Request","status":400,"detail":"cursor: want a string"}`},
	{"GET", "/groups", "", "", 200, `{"groups":["g","h"]}`},
	{"GET", "/groups", "cursor=0", "", 400, `{"title":"Bad Request","status":400,"detail":"cursor: not one that an answer had"}`},
	{"GET", "/groups/g", "limit=1&cursor=1", "", 200, `{"uids":["a"],"cursor":"2"}`},
	{"GET", "/groups/nowhere", "", "", 200, `{"uids":[]}`},
}

func TestCalls(t *testing.T) {
	for _, loops := range []int{1, 2, 4} {
		for _, test := range callTests {
			w := inhabited(t, loops)
			got := w.call(loops-1, test.method, test.path, test.query, mediaJSON, test.body)
			if got.status != test.status || string(got.body) != test.answer+"\n" {
				t.Errorf("%s %s?%s %.200s: got\n%d %s, want\n%d %s", test.method, test.path, test.query, test.body, got.status, got.body, test.status, test.answer)
			}
			if want := mediaJSON; got.status == 200 && got.media != want || got.status != 200 && got.media != mediaProblem {
				t.Errorf("%s %s: %s", test.method, test.path, got.media)
			}
		}
	}
}

func TestNobodyTookIt(t *testing.T) {
	w := newWorld(t, 2)
	w.page("a").full = true
	got := w.call(1, "POST", "/push", "", mediaJSON, `{"uid":"a"}`)
	if want := `{"title":"Not Found","status":404,"detail":"nobody took it","taken":0,"refused":1}`; got.status != 404 || string(got.body) != want+"\n" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// What a query says means the same as an object with these members.
func FuzzQuery(f *testing.F) {
	for _, test := range callTests {
		f.Add(test.query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r, err := readQuery(query)
		if err != nil || r.unknown != nil {
			return
		}
		object := []byte(`{"$cmd":"count"`)
		for k, value := range r.values {
			if value == nil {
				continue
			}
			if !json.Valid(value) { // words, as they stand
				return
			}
			object = fmt.Appendf(object, `,%q:%s`, keyNames[k], value)
		}
		object = append(object, '}')
		if !isObject(object) {
			t.Fatalf("%q gives %s", query, object)
		}
		w := inhabited(t, 1)
		got := asLine(t, w.call(0, "GET", "/count", query, "", ""))
		if want := w.run(0, string(object)); got != want {
			t.Fatalf("%q gives %s, %s gives %s", query, got, object, want)
		}
	})
}

// A push over HTTP costs a few small pieces of memory, however many pages there are.
func TestPushAllocates(t *testing.T) {
	w := newWorld(t, 1)
	for range 100 {
		w.page("u1")
	}
	e, _ := endpointOf(t, "POST", "/push")
	c := &call{media: mediaJSON, body: []byte(`{"uid":"u1","percent":"90%"}`)}
	push := func() { e.serve(w.hub, w.loops[0], c, func(answer) {}) }
	for _, p := range w.pages {
		p.full = true // what it gets would be kept
	}
	if n := testing.AllocsPerRun(1000, push); n > 16+forgetful {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPush(b *testing.B) {
	w := newWorld(b, 1)
	page := w.page("u1")
	e, _ := endpointOf(b, "POST", "/push")
	for name, text := range map[string]string{"plain": `{"uid":"u1","percent":"90%"}`, "command": `{"$cmd":"push","uid":"u1","data":{"percent":"90%"}}`} {
		b.Run(name, func(b *testing.B) {
			c := &call{media: mediaJSON, body: []byte(text)}
			b.ReportAllocs()
			for b.Loop() {
				e.serve(w.hub, w.loops[0], c, func(a answer) {
					if !bytes.HasPrefix(a.body, []byte(`{"taken":1`)) {
						b.Fatalf("%s", a.body)
					}
				})
				page.got = page.got[:0]
			}
		})
	}
}
