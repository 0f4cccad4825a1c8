package hubapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// one push of each kind, and what is answered to it in a batch.
var batchTests = []struct{ push, answer string }{
	{`{"uid":"a","n":1}`, `{"status":200,"taken":2,"refused":0}`},
	{`{"uid":"nobody"}`, `{"title":"Not Found","status":404,"detail":"nobody there","taken":0,"refused":0}`},
	{`{"$cmd":"push","group":"h","data":{"n":2},"key":"k"}`, `{"status":200,"taken":2,"refused":0}`},
	{`{"n":3}`, `{"title":"Bad Request","status":400,"detail":"no uid, group or all"}`},
	{`{"$cmd":"kick","all":true}`, `{"title":"Bad Request","status":400,"detail":"$cmd: want push here"}`},
	{`[1]`, `{"title":"Bad Request","status":400,"detail":"not a JSON object in UTF-8"}`},
	{`"x"`, `{"title":"Bad Request","status":400,"detail":"not a JSON object in UTF-8"}`},
	{`{"all":true,"n":4}`, `{"status":200,"taken":5,"refused":0}`},
}

func batchOf() (pushes, answers []string) {
	for _, test := range batchTests {
		pushes, answers = append(pushes, test.push), append(answers, test.answer)
	}
	return pushes, answers
}

func TestBatches(t *testing.T) {
	pushes, answers := batchOf()
	pages := []string{`a: {"uid":"a","n":1}`, `a: {"all":true,"n":4}`, `a: {"uid":"a","n":1}`, `a: {"all":true,"n":4}`,
		`b: {"n":2} (k)`, `b: {"all":true,"n":4}`, `c: {"n":2} (k)`, `c: {"all":true,"n":4}`, `7: {"all":true,"n":4}`}
	tests := []struct {
		name         string
		media        media
		body, answer string
	}{
		{"array", mediaJSON, "[" + strings.Join(pushes, ",") + "]", "[" + strings.Join(answers, ",\n") + "]\n"},
		{"array with blanks", mediaJSON, " [\r\n" + strings.Join(pushes, " ,\n\t") + "\n] ", "[" + strings.Join(answers, ",\n") + "]\n"},
		{"lines", mediaLines, strings.Join(pushes, "\n"), strings.Join(answers, "\n") + "\n"},
		{"lines with an end", mediaLines, strings.Join(pushes, "\n") + "\n", strings.Join(answers, "\n") + "\n"},
		{"lines with blanks", mediaLines, "\n " + strings.Join(pushes, " \r\n\n\t") + "\r\n\r\n", strings.Join(answers, "\n") + "\n"},
	}
	for _, test := range tests {
		for _, loops := range []int{1, 2, 4} {
			w := inhabited(t, loops)
			got := w.call(loops-1, "POST", "/push", "", test.media, test.body)
			if got.status != 200 || got.media != test.media || string(got.body) != test.answer {
				t.Errorf("%s, %d loops: %d %s\n%s, want\n%s", test.name, loops, got.status, got.media, got.body, test.answer)
			}
			if all := w.got(); !slices.Equal(all, pages) {
				t.Errorf("%s, %d loops: pages got\n%q, want\n%q", test.name, loops, all, pages)
			}
		}
	}
}

func TestEmptyAndBadBatches(t *testing.T) {
	tests := []struct {
		media        media
		body, answer string
		status       int
	}{
		{mediaJSON, `[]`, "[]\n", 200},
		{mediaLines, "", "", 200},
		{mediaLines, "\r\n \n", "", 200},
		{mediaJSON, `[{"uid":"a"},]`, `{"title":"Bad Request","status":400,"detail":"not a JSON array in UTF-8"}` + "\n", 400},
		{mediaJSON, "[{\"uid\":\"a\",\"x\":\"\xff\"}]", `{"title":"Bad Request","status":400,"detail":"not a JSON array in UTF-8"}` + "\n", 400},
		{mediaJSON, `[{"uid":"a"}] {}`, `{"title":"Bad Request","status":400,"detail":"not a JSON array in UTF-8"}` + "\n", 400},
		{mediaLines, "hello\n{\"uid\":\"x\xff\"}\n[]", strings.Repeat(`{"title":"Bad Request","status":400,"detail":"not a JSON object in UTF-8"}`+"\n", 3), 200},
	}
	for _, test := range tests {
		w := inhabited(t, 2)
		got := w.call(1, "POST", "/push", "", test.media, test.body)
		if got.status != test.status || string(got.body) != test.answer {
			t.Errorf("%q: %d %s", test.body, got.status, got.body)
		}
		if pages := w.got(); pages != nil {
			t.Errorf("%q: pages got %q", test.body, pages)
		}
	}
}

// The longest batch is done whole and in order, in slices between which the loop serves others; one more is refused whole.
func TestLongBatch(t *testing.T) {
	for _, loops := range []int{1, 2} {
		w := newWorld(t, loops)
		page := w.page("a")
		var lines []string
		for i := range maxBatch {
			lines = append(lines, fmt.Sprintf(`{"uid":"a","n":%d}`, i))
		}
		e, _ := endpointOf(t, "POST", "/push")
		var answers []answer
		body := []byte(strings.Join(lines, "\n"))
		e.serve(w.hub, w.loops[0], &call{media: mediaLines, body: body}, func(a answer) { answers = append(answers, a) })
		clear(body)
		slices := 1
		for l := w.loops[0]; len(l.queue) > 0; slices++ {
			if len(page.got) > slices*batchSlice || answers != nil {
				t.Fatalf("%d pushes after %d slices, answers %v", len(page.got), slices, answers)
			}
			task := l.queue[0]
			l.queue = l.queue[1:]
			task()
		}
		w.settle()
		if slices != (maxBatch+batchSlice-1)/batchSlice || len(answers) != 1 {
			t.Fatalf("%d slices, %d answers", slices, len(answers))
		}
		if got := strings.Join(page.got, "\n"); got != strings.Join(lines, "\n") {
			t.Errorf("%d loops: the page got %.200s", loops, got)
		}
		if want := strings.Repeat(`{"status":200,"taken":1,"refused":0}`+"\n", maxBatch); string(answers[0].body) != want {
			t.Errorf("%d loops: %.200s", loops, answers[0].body)
		}
		page.got = nil
		lines = append(lines, lines[0])
		for m, body := range map[media]string{mediaLines: strings.Join(lines, "\n"), mediaJSON: "[" + strings.Join(lines, ",") + "]"} {
			got := w.call(0, "POST", "/push", "", m, body)
			if got.status != 413 || !strings.Contains(string(got.body), "more than 1000 in the batch") || page.got != nil {
				t.Errorf("%s: %d %s", m, got.status, got.body)
			}
		}
	}
}

// An array, its elements as lines, and its elements one by one are answered alike.
func FuzzBatch(f *testing.F) {
	pushes, _ := batchOf()
	f.Add([]byte("[" + strings.Join(pushes, ",") + "]"))
	f.Add([]byte(`[{"uid":"a","x":[{},"\"]"]} , 7]`))
	f.Fuzz(func(t *testing.T, array []byte) {
		var elements []json.RawMessage
		if json.Unmarshal(array, &elements) != nil || elements == nil || len(elements) > maxBatch || !bytes.HasPrefix(trimSpace(array), []byte{'['}) {
			return
		}
		w := inhabited(t, 2)
		whole := w.call(1, "POST", "/push", "", mediaJSON, string(array))
		if whole.status != 200 {
			return // not UTF-8
		}
		var answers []json.RawMessage
		if err := json.Unmarshal(whole.body, &answers); err != nil || len(answers) != len(elements) {
			t.Fatalf("%q: %s", array, whole.body)
		}
		for i, element := range elements {
			alone := w.call(0, "POST", "/push", "", mediaLines, strings.ReplaceAll(string(element), "\n", " "))
			if strings.TrimSpace(string(alone.body)) != string(answers[i]) {
				t.Fatalf("%q alone: %s, in a batch: %s", element, alone.body, answers[i])
			}
		}
	})
}
