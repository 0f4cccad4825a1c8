//go:build linux

package main

import (
	"maps"
	"path"
	"regexp"
	"strings"
	"testing"

	"fanloop/codec/http"
)

func TestWebFiles(t *testing.T) {
	files := map[string]*webFile{}
	for _, f := range webFiles() {
		files[f.path] = f
		if webTypes[path.Ext(f.path)] == "" && f.path != "/" {
			t.Errorf("%s has no type", f.path)
		}
	}
	if files["/"] == nil || files["/web/index.html"] != nil {
		t.Fatal("the page is not at /")
	}
	// What one file needs of another is there, and nothing comes from elsewhere.
	needed := regexp.MustCompile(`(?:src|href)="(/[^"?]*)|from '\.(/[^']*)'`)
	for _, f := range files {
		body := string(f.body)
		for _, m := range needed.FindAllStringSubmatch(body, -1) {
			want := m[1]
			if want == "" {
				want = "/web" + m[2]
			}
			if files[want] == nil {
				t.Errorf("%s needs %s", f.path, want)
			}
		}
		body = strings.ReplaceAll(body, "http://www.w3.org/2000/svg", "") // a name, not an address
		if where := regexp.MustCompile(`(?:https?:)?//[a-z]+\.[a-z.]+`).FindString(body); where != "" {
			t.Errorf("%s has %s", f.path, where)
		}
		if strings.Contains(body, "style=") || regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(body) || regexp.MustCompile(`\son[a-z]+="`).MatchString(body) {
			t.Errorf("%s has what its policy forbids", f.path)
		}
	}
}

func TestWebFileKnown(t *testing.T) {
	f := newWebFile("/web/a.css", []byte("a"))
	for value, want := range map[string]bool{
		f.tag: true, "W/" + f.tag: true, `"x", ` + f.tag: true, "*": true, `"x"`: false, "": false, f.tag[1 : len(f.tag)-1]: false,
	} {
		if got := f.isKnown(http.Fields{http.NewField("If-None-Match", value)}); got != want {
			t.Errorf("If-None-Match: %s: %v", value, got)
		}
	}
	if f.isKnown(nil) {
		t.Error("without If-None-Match the file is known")
	}
	if other := newWebFile("/web/a.css", []byte("b")); other.tag == f.tag {
		t.Error("two contents have one ETag")
	}
}

func TestWebFileOther(t *testing.T) {
	f := newWebFile("/web/a.css", []byte("a"))
	for value, want := range map[string]bool{
		f.tag: false, `"x", ` + f.tag: false, "*": false, "W/" + f.tag: true, `"x"`: true, "": true,
	} {
		if got := f.isOther(http.Fields{http.NewField("If-Match", value)}); got != want {
			t.Errorf("If-Match: %s: %v", value, got)
		}
	}
	if f.isOther(nil) {
		t.Error("without If-Match the file is another")
	}
}

// TestWebLanguages: each language of the page has all of its texts, and those that the page asks for are there.
func TestWebLanguages(t *testing.T) {
	var source, all string
	for _, f := range webFiles() {
		if f.path == "/web/text.js" {
			source = string(f.body)
		}
		all += string(f.body)
	}
	key := regexp.MustCompile(`(?:^|[\s,{])'?([\w-]+)'?: '`)
	tables := map[string]map[string]bool{}
	for _, name := range []string{"en", "zh"} {
		_, table, _ := strings.Cut(source, "const "+name+" = {")
		table, _, _ = strings.Cut(table, "\n};")
		tables[name] = map[string]bool{}
		for _, m := range key.FindAllStringSubmatch(table, -1) {
			tables[name][m[1]] = true
		}
	}
	if len(tables["en"]) < 40 || !maps.Equal(tables["en"], tables["zh"]) {
		t.Errorf("the languages differ:\n%v\n%v", tables["en"], tables["zh"])
	}
	asked := regexp.MustCompile(`data-(?:text|label)="(\w+)"|\btext\('([\w-]+[^-'])'`)
	for _, m := range asked.FindAllStringSubmatch(all, -1) {
		if name := m[1] + m[2]; !tables["en"][name] {
			t.Errorf("there is no text %s", name)
		}
	}
}
