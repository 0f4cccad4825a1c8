//go:build linux

package hubapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"fanloop/hub"
)

// apiFile is openapi.json as the tests need it.
type apiFile struct {
	schemas
	Servers []struct{ URL string }
	Paths   map[string]map[string]operation
}

type operation struct {
	Parameters  []any
	RequestBody *content
	Responses   map[string]any
}

type content struct {
	Content map[string]struct {
		Schema any
		Lines  bool `json:"x-lines"` // the schema is of each line
	}
}

func readAPIFile(t *testing.T, text []byte) (f apiFile) {
	t.Helper()
	for _, into := range []any{&f, &f.root} {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// as makes something of a part of the file that may be a reference.
func (f apiFile) as(part, into any) {
	object := part.(map[string]any)
	if ref, is := object["$ref"]; is {
		part = f.resolve(ref.(string))
	}
	text, _ := json.Marshal(part)
	if err := json.Unmarshal(text, into); err != nil {
		panic(err)
	}
}

type parameter struct {
	Name, In string
	Required bool
	Schema   any
}

// A use is a request that the file must describe, with its answer. status is that of the answer; the statuses that every request
// can have, whatever it says, are tried beside them.
type use struct {
	method, path string // as the file has it
	value        string // in the path
	query        string
	body         string
	media        string // application/json unless it is said
	status       int
}

var apiUses = []use{
	{method: "POST", path: "/push", body: `{"uid":"a","n":1}`, status: 200},
	{method: "POST", path: "/push", body: `{"group":7,"n":1}`, status: 404},
	{method: "POST", path: "/push", body: `{"all":true}`, status: 200},
	{method: "POST", path: "/push", body: `{"n":1}`, status: 400},
	{method: "POST", path: "/push", body: `{"all":false}`, status: 400},
	{method: "POST", path: "/push", body: `{"uid":"","group":"g"}`, status: 400},
	{method: "POST", path: "/push", body: `{"$cmd":"push","uid":["a",7],"group":"g","data":{"n":1},"key":"k"}`, status: 200},
	{method: "POST", path: "/push", body: `{"$cmd":"push","all":true,"except":["a"],"text":"x"}`, status: 200},
	{method: "POST", path: "/push", body: `{"$cmd":"push","all":true,"binary":"AA=="}`, status: 200},
	{method: "POST", path: "/push", body: `{"$cmd":"push","uid":"a"}`, status: 400},
	{method: "POST", path: "/push", body: `{"$cmd":"push","data":1}`, status: 400},
	{method: "POST", path: "/push", body: `{"$cmd":"push","uid":"a","data":1,"text":"x"}`, status: 400},
	{method: "POST", path: "/push", body: `{"$cmd":"push","uid":"a","data":1,"loud":true}`, status: 400},
	{method: "POST", path: "/push", body: `{"$cmd":"kick","uid":"a"}`, status: 400},
	{method: "POST", path: "/push", body: `[{"uid":"a"},{"uid":"nobody"},{"$cmd":"push","all":true,"data":1}]`, status: 200},
	{method: "POST", path: "/push", body: `[]`, status: 200},
	{method: "POST", path: "/push", body: `[{"uid":"a"}`, status: 400},
	{method: "POST", path: "/push", body: "[" + strings.Repeat(`{"uid":"nobody"},`, 1000) + `{"uid":"nobody"}]`, status: 413},
	{method: "POST", path: "/push", body: "{\"uid\":\"a\"}\n{\"uid\":\"nobody\"}\n", media: "application/x-ndjson", status: 200},
	{method: "POST", path: "/kick", body: `{"uid":"k1","data":"bye","code":4001,"reason":"x"}`, status: 200},
	{method: "POST", path: "/kick", body: `{"$cmd":"kick","uid":["k2","k3"],"except":"k3","text":"bye"}`, status: 200},
	{method: "POST", path: "/kick", body: `{"group":"nobody","binary":""}`, status: 404},
	{method: "POST", path: "/kick", body: `{"all":true,"except":["a","b","k3","full"]}`, status: 404},
	{method: "POST", path: "/kick", body: `{"uid":"a","code":5000}`, status: 400},
	{method: "POST", path: "/kick", body: `{}`, status: 400},
	{method: "POST", path: "/join", body: `{"uid":"a","group":"new"}`, status: 200},
	{method: "POST", path: "/join", body: `{"$cmd":"join","uid":["nobody"],"group":7}`, status: 404},
	{method: "POST", path: "/join", body: `{"uid":"full","group":"new"}`, status: 409},
	{method: "POST", path: "/join", body: `{"uid":"a","group":["new"]}`, status: 400},
	{method: "POST", path: "/leave", body: `{"uid":"a","group":"new"}`, status: 200},
	{method: "POST", path: "/leave", body: `{"$cmd":"leave","uid":"nobody","group":"new"}`, status: 404},
	{method: "POST", path: "/leave", body: `{"uid":"a"}`, status: 400},
	{method: "POST", path: "/unbind", body: `{"uid":"nobody"}`, status: 404},
	{method: "POST", path: "/unbind", body: `{"$cmd":"unbind","uid":["k3"]}`, status: 200},
	{method: "POST", path: "/unbind", body: `{"uid":"a","group":"g"}`, status: 400},
	{method: "GET", path: "/online/{uid}", value: "a", status: 200},
	{method: "GET", path: "/online/{uid}", value: "a", query: "limit=1", status: 400},
	{method: "GET", path: "/count", status: 200},
	{method: "GET", path: "/count", query: "uid=a&uid=b&group=g&except=b", status: 200},
	{method: "GET", path: "/count", query: "all=true", status: 200},
	{method: "GET", path: "/count", query: "all=no", status: 400},
	{method: "GET", path: "/uids", query: "limit=1", status: 200},
	{method: "GET", path: "/uids", query: "cursor=1", status: 200},
	{method: "GET", path: "/uids", query: "limit=0", status: 400},
	{method: "GET", path: "/groups", query: "limit=1", status: 200},
	{method: "GET", path: "/groups", query: "cursor=1", status: 200},
	{method: "GET", path: "/groups", query: "cursor=-", status: 400},
	{method: "GET", path: "/groups/{group}", value: "g", query: "limit=1", status: 200},
	{method: "GET", path: "/groups/{group}", value: "g", query: "cursor=1", status: 200},
	{method: "GET", path: "/groups/{group}", value: "g", query: "uid=a", status: 400},
}

// checker holds uses against the file, and notes what of it has been seen.
type checker struct {
	t    *testing.T
	file apiFile
	seen map[string]bool
}

func (c *checker) see(parts ...any) { c.seen[fmt.Sprintln(parts...)] = true }

func (c *checker) mustHaveSeen(parts ...any) {
	c.t.Helper()
	if !c.seen[fmt.Sprintln(parts...)] {
		c.t.Errorf("openapi.json has %v, which no use shows", parts)
	}
}

// use makes a request and checks it and its answer.
func (c *checker) use(s *site, u use, fields ...string) {
	c.t.Helper()
	if u.media == "" {
		u.media = "application/json"
	}
	target := strings.Replace(u.path, "{"+(&endpoint{path: u.path}).wildcard()+"}", url.PathEscape(u.value), 1)
	if u.query != "" {
		target += "?" + u.query
	}
	got := s.ask(u.method, target, u.body, append([]string{"Content-Type", u.media}, fields...)...)
	if got.status != u.status {
		c.t.Errorf("%s %s %.100s: %d %.200s, want %d", u.method, target, u.body, got.status, got.body, u.status)
		return
	}
	op, there := c.file.Paths[u.path][strings.ToLower(u.method)]
	if !there {
		c.t.Fatalf("%s %s is not in openapi.json", u.method, u.path)
	}
	if fields == nil {
		c.request(op, u)
	}
	c.answer(op, u, got)
}

// request: what the file allows is answered as asked, and what it forbids with 400.
func (c *checker) request(op operation, u use) {
	c.t.Helper()
	fine := c.query(op, u)
	if op.RequestBody != nil {
		fine = fine && c.body(op.RequestBody, u.media, u.body, "request") == nil
		c.see(u.path, u.method, "takes", u.media)
	}
	if fine == (u.status == 400 || u.status == 413) {
		c.t.Errorf("%s %s?%s %.200s: fine by the file: %v, answered with %d", u.method, u.path, u.query, u.body, fine, u.status)
	}
}

func (c *checker) query(op operation, u use) (fine bool) {
	values, err := url.ParseQuery(u.query)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, part := range op.Parameters {
		var p parameter
		c.file.as(part, &p)
		if p.In == "path" {
			continue
		}
		if given := values[p.Name]; given != nil {
			c.see(u.path, u.method, "parameter", p.Name)
			if err := c.file.check(p.Schema, asParameter(p.Schema, given)); err != nil {
				return false
			}
		}
		delete(values, p.Name)
	}
	return len(values) == 0
}

// asParameter is a query's values of one name as the JSON that their schema is of.
func asParameter(schema any, values []string) any {
	kind := schema.(map[string]any)["type"]
	if kind == "array" {
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = v
		}
		return list
	}
	if number, err := parsed([]byte(values[0])); kind == "integer" && err == nil {
		return number
	}
	return values[0]
}

func (c *checker) answer(op operation, u use, got reply) {
	c.t.Helper()
	status := fmt.Sprint(got.status)
	var r content
	if op.Responses[status] == nil {
		c.t.Errorf("%s %s: %s is not in openapi.json", u.method, u.path, status)
		return
	}
	c.file.as(op.Responses[status], &r)
	media := got.header.Get("Content-Type")
	if err := c.body(&r, media, got.body, "answer"); err != nil {
		c.t.Errorf("%s %s: %s %.300s: %v", u.method, u.path, status, got.body, err)
	}
	c.see(u.path, u.method, status, media)
}

// body checks a body, or each of its lines.
func (c *checker) body(to *content, media, body, kind string) error {
	described, there := to.Content[media]
	if !there {
		return fmt.Errorf("%s is not described", media)
	}
	texts := []string{body}
	if described.Lines {
		texts = strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	}
	for _, text := range texts {
		value, err := parsed([]byte(text))
		if err == nil {
			err = c.file.check(described.Schema, value)
		}
		if err != nil {
			return err
		}
		c.note(described.Schema, value, kind)
	}
	return nil
}

// note sees the members of a value that matches a schema, under each of the schemas that have them.
func (c *checker) note(schema, value any, kind string) {
	rules, _ := schema.(map[string]any)
	if c.file.check(schema, value) != nil {
		return
	}
	if ref, is := rules["$ref"]; is {
		c.see("schema", ref, kind)
		c.note(c.file.resolve(ref.(string)), value, kind)
	}
	for _, name := range []string{"oneOf", "anyOf", "allOf"} {
		list, _ := rules[name].([]any)
		for _, one := range list {
			c.note(one, value, kind)
		}
	}
	if list, is := value.([]any); is && rules["items"] != nil {
		for _, one := range list {
			c.note(rules["items"], one, kind)
		}
	}
	object, isObject := value.(map[string]any)
	known, _ := rules["properties"].(map[string]any)
	for name, schema := range known {
		if member, has := object[name]; isObject && has {
			c.see("member", reflect.ValueOf(known).Pointer(), name)
			c.note(schema, member, kind)
		}
	}
}

// The file describes what the server does: every route is in it, and every path, method, parameter, media type, status and member in it is
// shown by a request on a real connection whose answer is as described.
func TestOpenAPI(t *testing.T) {
	open := newSite(t, &API{}, "", 2, hub.Options{MaxGroups: 3})
	closed := newSite(t, &API{Token: "secret"}, "", 1, hub.Options{})
	for _, names := range []string{"a g", "a g h", "b g", "full g h i", "k1", "k2", "k3"} {
		open.page(names)
	}
	c := &checker{t: t, file: readAPIFile(t, []byte(open.ask("GET", "/openapi.json", "").body)), seen: map[string]bool{}}
	for _, u := range apiUses {
		c.use(open, u)
	}
	tried := map[string]bool{}
	for _, u := range apiUses {
		if tried[u.method+u.path] || u.status != 200 {
			continue
		}
		tried[u.method+u.path] = true
		for status, of := range map[int]*site{401: closed, 403: open, 415: open} {
			u.status = status
			if status == 415 && u.method == "GET" {
				continue
			}
			if u.media = ""; status == 415 {
				u.media = "text/plain"
			}
			c.use(of, u, "Sec-Fetch-Site", map[int]string{401: "cross-site", 403: "cross-site", 415: "none"}[status])
		}
		if u.method == "POST" {
			u.status, u.media, u.body = 413, "", `{"uid":"a","x":"`+strings.Repeat("x", 4<<20)+`"}`
			c.use(open, u, "Sec-Fetch-Site", "none")
		}
	}
	c.allRoutes()
	c.allSeen()
}

func (c *checker) allRoutes() {
	routes := 0
	for path, operations := range c.file.Paths {
		for method := range operations {
			routes++
			if !hasEndpoint(strings.ToUpper(method), path) {
				c.t.Errorf("openapi.json has %s %s, the server has not", method, path)
			}
		}
	}
	if routes != len(endpoints) {
		c.t.Errorf("openapi.json has %d routes, the server %d", routes, len(endpoints))
	}
}

func (c *checker) allSeen() {
	for path, operations := range c.file.Paths {
		for lower, op := range operations {
			method := strings.ToUpper(lower)
			for _, part := range op.Parameters {
				var p parameter
				if c.file.as(part, &p); p.In == "query" {
					c.mustHaveSeen(path, method, "parameter", p.Name)
				} else if "{"+p.Name+"}" != path[strings.Index(path, "{"):] || !p.Required {
					c.t.Errorf("%s: parameter %+v", path, p)
				}
			}
			if op.RequestBody != nil {
				for media := range op.RequestBody.Content {
					c.mustHaveSeen(path, method, "takes", media)
				}
			}
			for status, part := range op.Responses {
				var r content
				c.file.as(part, &r)
				for media := range r.Content {
					c.mustHaveSeen(path, method, status, media)
				}
			}
		}
	}
	c.allMembersSeen(c.file.root["components"].(map[string]any)["schemas"])
}

// allMembersSeen looks at every schema, wherever it stands below.
func (c *checker) allMembersSeen(part any) {
	switch v := part.(type) {
	case []any:
		for _, one := range v {
			c.allMembersSeen(one)
		}
	case map[string]any:
		if known, is := v["properties"].(map[string]any); is {
			for name, schema := range known {
				if schema != false {
					c.mustHaveSeen("member", reflect.ValueOf(known).Pointer(), name)
				}
			}
		}
		for _, one := range v {
			c.allMembersSeen(one)
		}
	}
}

// The members that a request may have are those of the command.
func TestOpenAPIMembers(t *testing.T) {
	f := readAPIFile(t, openAPI)
	for name, schema := range map[string]string{"push": "PushCommand", "kick": "Kick", "join": "Join", "leave": "Leave", "unbind": "Unbind"} {
		known := f.resolve("#/components/schemas/" + schema).(map[string]any)["properties"].(map[string]any)
		var want []string
		for k := range keyCount {
			if k == keyCommand || commands[name].takes.has(k) {
				want = append(want, keyNames[k])
			}
		}
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(known)); !slices.Equal(got, want) {
			t.Errorf("%s: openapi.json has %q, the command %q", name, got, want)
		}
	}
}

func TestOpenAPIBelowPrefix(t *testing.T) {
	for prefix, want := range map[string]string{"": "/", "/api": "/api", "/a/b": "/a/b"} {
		s := newSite(t, &API{Token: "x"}, prefix, 1, hub.Options{}) // no token is wanted
		got := s.ask("GET", prefix+"/openapi.json", "")
		if f := readAPIFile(t, []byte(got.body)); f.Servers[0].URL != want || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%q: %v, %v", prefix, f.Servers, got.header)
		}
	}
}
