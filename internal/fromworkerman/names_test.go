//go:build linux

package fromworkerman

import (
	"reflect"
	"regexp"
	"testing"

	"fanloop/codec/http"
	"fanloop/codec/text"
	"fanloop/codec/websocket"
	"fanloop/engine"
	"fanloop/hub"
)

// variables are what the page calls values of our types by.
var variables = map[string][]reflect.Type{
	"x":    {reflect.TypeFor[*hub.Home]()},
	"c":    {reflect.TypeFor[*websocket.Conn](), reflect.TypeFor[*text.Conn]()},
	"ref":  {reflect.TypeFor[engine.Ref]()},
	"loop": {reflect.TypeFor[*engine.Loop]()},
	"eng":  {reflect.TypeFor[*engine.Engine]()},
	"r":    {reflect.TypeFor[*http.Exchange]()},
	"web":  {reflect.TypeFor[*http.Server]()},
}

var types = []reflect.Type{
	reflect.TypeFor[*engine.Engine](), reflect.TypeFor[*engine.Loop](), reflect.TypeFor[*engine.Listener](),
	reflect.TypeFor[*engine.Options](), reflect.TypeFor[*engine.ListenOptions](),
	reflect.TypeFor[*hub.Hub](), reflect.TypeFor[*hub.Options](),
	reflect.TypeFor[*text.Server](), reflect.TypeFor[*text.Conn](),
	reflect.TypeFor[*http.Server](), reflect.TypeFor[*http.Exchange](), reflect.TypeFor[*http.Events](), reflect.TypeFor[*http.EventStream](),
	reflect.TypeFor[*websocket.Server](), reflect.TypeFor[*websocket.Conn](),
}

// has tells whether a type has a method, or a field, of that name.
func has(t reflect.Type, name string) bool {
	if _, ok := t.MethodByName(name); ok {
		return true
	}
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return false
	}
	_, ok := t.Elem().FieldByName(name)
	return ok
}

func anyHas(types []reflect.Type, name string) bool {
	for _, t := range types {
		if has(t, name) {
			return true
		}
	}
	return false
}

// The names on the page exist: x.Push, eng.Listen, engine.ListenOptions.ReusePort, Loop.Post.
func TestNamesExist(t *testing.T) {
	page := document(t)
	found := 0
	for _, m := range regexp.MustCompile(`\b(x|c|r|ref|loop|eng|web)\.([A-Z]\w*)`).FindAllStringSubmatch(page, -1) {
		if found++; !anyHas(variables[m[1]], m[2]) {
			t.Errorf("%s: there is no such method", m[0])
		}
	}
	byName := map[string][]reflect.Type{}
	for _, typ := range types {
		name := typ.Elem().Name()
		byName[name] = append(byName[name], typ)
		byName[typ.Elem().String()] = []reflect.Type{typ}
	}
	for _, m := range regexp.MustCompile("`((?:\\w+\\.)?[A-Z]\\w*)\\.([A-Z]\\w*)`").FindAllStringSubmatch(page, -1) {
		if found++; !anyHas(byName[m[1]], m[2]) {
			t.Errorf("%s: there is no such method or field", m[0])
		}
	}
	if found < 50 {
		t.Errorf("%d names found, want the page's tables", found)
	}
}

// Each program on the page has its test.
func TestEveryProgramIsRun(t *testing.T) {
	programs := map[string]bool{"push.go": true, "twice.go": true, "listen.go": true, "request.go": true}
	for _, m := range regexp.MustCompile("```go\n// (.*)\n").FindAllStringSubmatch(document(t), -1) {
		if !programs[m[1]] {
			t.Errorf("%s has no test", m[1])
		}
		delete(programs, m[1])
	}
	if blocks := regexp.MustCompile("```go\n[^/]").FindAllString(document(t), -1); len(blocks) > 0 {
		t.Errorf("%d Go programs begin without their name", len(blocks))
	}
}
