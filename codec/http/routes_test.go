package http

import (
	"bufio"
	"bytes"
	"fmt"
	nethttp "net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func (f *found[T]) value(name string) string {
	return string(f.route.pattern.appendValue(nil, f.path, f.values, name))
}

// answer is what becomes of a request, in words: of ours and of ServeMux's, to be compared.
func (f *found[T]) answer() string {
	if f.route == nil {
		return strings.TrimRight(fmt.Sprint(f.status, " ", f.location, f.allow), " ")
	}
	out := f.route.pattern.text
	for _, name := range f.route.pattern.names {
		if name != "" {
			out += fmt.Sprintf(" %s=%q", name, f.value(name))
		}
	}
	return out
}

// muxAnswer is the same of ServeMux.
func muxAnswer(mux *nethttp.ServeMux, r *nethttp.Request) (answer string) {
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	if own := w.Header().Get("Own"); own != "" {
		return own
	}
	return strings.TrimRight(fmt.Sprint(w.Code, " ", w.Header().Get("Location"), w.Header().Get("Allow")), " ")
}

// muxHandler tells its pattern and what its wildcards are.
func muxHandler(pattern string, names []string) nethttp.HandlerFunc {
	return func(w nethttp.ResponseWriter, r *nethttp.Request) {
		out := pattern
		for _, name := range names {
			if name != "" {
				out += fmt.Sprintf(" %s=%q", name, r.PathValue(name))
			}
		}
		w.Header().Set("Own", out)
	}
}

// addBoth adds a pattern to both, and tells whether both took it and whether they agree.
func addBoth(r *routes[int], mux *nethttp.ServeMux, pattern string) (taken, agreed bool, err error) {
	var names []string
	if p, err := parsePattern(pattern); err == nil {
		names = p.names
	}
	err = r.add(pattern, 0)
	panicked := func() (why any) {
		defer func() { why = recover() }()
		mux.Handle(pattern, muxHandler(pattern, names))
		return nil
	}()
	return err == nil && panicked == nil, (err == nil) == (panicked == nil), err
}

// askBoth asks both for what becomes of a request; ok is false when it is none.
func askBoth(r *routes[int], mux *nethttp.ServeMux, method, target, host string) (ours, theirs string, ok bool) {
	raw := method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
	h, _, err := new(HeadDecoder).Decode([]byte(raw))
	request, muxErr := nethttp.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
	if err != nil || muxErr != nil {
		return "", "", false
	}
	var f found[int]
	r.find(h, &f)
	ours, theirs = f.answer(), muxAnswer(mux, request)
	if strings.Contains(target, "%") && strings.HasPrefix(ours, "307 ") && strings.HasPrefix(theirs, "307 ") {
		return ours, ours, true // ServeMux decodes the path, or encodes it twice; see TestRoutesDifferences
	}
	return ours, theirs, true
}

var routeSets = []struct{ patterns, targets []string }{
	{
		[]string{"/", "/{$}", "/a", "/a/", "GET /a/{x}", "POST /a/{x}", "GET /a/b", "/a/{x}/c", "/a/{x}/{rest...}"},
		[]string{"/", "/a", "/a/", "/a/b", "/a/c", "/a/b/c", "/a/x/c", "/a/x/d/e", "/b", "/b/", "/a//b", "/a/./b", "/a/../b?q=1", "//", "/..", "/a/%62", "/a/x%2Fy", "/a/%25"},
	},
	{
		[]string{"GET /items/{id}", "PUT /items/{id}", "/files/{path...}", "GET /dir/", "POST /only/{$}"},
		[]string{"/", "/items", "/items/", "/items/7", "/items/7/", "/items/7/8", "/files", "/files/", "/files/a/b%20c/", "/dir", "/dir/", "/dir/x", "/only", "/only/", "/only/x", "/files?x=1"},
	},
	{
		[]string{"a.example/", "GET a.example/x", "/x", "HEAD /y", "GET /y", "b.example/z/"},
		[]string{"/", "/x", "/y", "/z", "/z/", "/x/"},
	},
	{
		[]string{"/{a}/b/{c}", "/{a}/b/c", "/x/y/", "/{a}/{b}/{r...}", "/%61bc/d", "/e%2Ff/{n}"},
		[]string{"/q/b/w", "/q/b/c", "/x/y", "/x/y/z", "/abc/d", "/%61b%63/d", "/e%2ff/1", "/e/f/1", "/any/thing/else/"},
	},
	{nil, []string{"/", "/a", "/a/../b"}},
}

// The same routes are found as by net/http.ServeMux, with the same path values, redirects and Allow fields.
func TestRoutesAsServeMux(t *testing.T) {
	for _, set := range routeSets {
		var r routes[int]
		mux := nethttp.NewServeMux()
		for _, pattern := range set.patterns {
			if _, agreed, err := addBoth(&r, mux, pattern); !agreed || err != nil {
				t.Fatalf("%q: %v", pattern, err)
			}
		}
		for _, target := range set.targets {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "OPTIONS"} {
				for _, host := range []string{"a.example", "a.example:80", "b.example", "c.example:8080"} {
					ours, theirs, ok := askBoth(&r, mux, method, target, host)
					if !ok || ours != theirs {
						t.Errorf("%q: %s %s at %s: %q, ServeMux %q", set.patterns, method, target, host, ours, theirs)
					}
				}
			}
		}
	}
}

// What differs from ServeMux, and why.
func TestRoutesDifferences(t *testing.T) {
	var r routes[int]
	for _, pattern := range []string{"/{$}", "/tree/", "/a/{$}", "Example.COM/host", "[::1]/six", "/dir/{x}/"} {
		if err := r.add(pattern, 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ method, target, host, want string }{
		// RFC 9110 9.3.7: net/http's Server answers this one, not its mux.
		{"OPTIONS", "*", "h", "200"},
		{"OPTIONS", "http://h", "h", "200"},
		// ServeMux encodes what is encoded: /a%252fb.
		{"GET", "//a%2fb", "h", "307 /a%2fb"},
		{"GET", "/x/../tree", "h", "307 /tree/"},
		// ServeMux decodes what is encoded: /v%2Fx/ is another path than /v/x/.
		{"GET", "/dir/v%2Fx", "h", "307 /dir/v%2Fx/"},
		// ServeMux takes this %2F for the end of the path.
		{"GET", "/a/%2F", "h", "404"},
		// RFC 9110 4.2.3: hosts are compared without regard to case. ServeMux has the case matter.
		{"GET", "/host", "EXAMPLE.com", "Example.COM/host"},
		{"GET", "/host", "example.com:80", "Example.COM/host"},
		// ServeMux keeps the brackets only without a port.
		{"GET", "/six", "[::1]", "[::1]/six"},
		{"GET", "/six", "[::1]:80", "[::1]/six"},
		// No pattern is for a target without a path.
		{"CONNECT", "example.com:443", "example.com:443", "404"},
		// An absolute target says the host.
		{"GET", "http://example.com/host", "h", "Example.COM/host"},
	} {
		raw := test.method + " " + test.target + " HTTP/1.1\r\nHost: " + test.host + "\r\n\r\n"
		h, _, err := new(HeadDecoder).Decode([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		var f found[int]
		r.find(h, &f)
		if got := f.answer(); got != test.want {
			t.Errorf("%s %s at %s: %q, want %q", test.method, test.target, test.host, got, test.want)
		}
	}
}

func TestPatterns(t *testing.T) {
	for _, pattern := range []string{
		"", "a", "GET", "GET a", "G(T /", "{x}/", "GET /a//b", "/{x}{y}", "/a{x}", "/{x}b", "/{}", "/{1}", "/{...}", "/{$...}",
		"/{$}/a", "/{x...}/a", "/{x}/{x}", "/{a-b}", "/{$}/", "/a/{x", "/{{x}}", "GET /.", "/ü{x}",
		"/", "GET /", "GET\t /x", "/{x}", "/{é}", "/{_1...}", "/a/{$}", "h/", "M-SEARCH /", "/%zz", "/%41", "/a b",
	} {
		var r routes[int]
		if _, agreed, err := addBoth(&r, nethttp.NewServeMux(), pattern); !agreed {
			t.Errorf("%q: %v; ServeMux says otherwise", pattern, err)
		}
	}
	// ServeMux takes these, though no request can ever match them or not the ones that one would think.
	for _, pattern := range []string{"/a//b", "//", "/./a", "h:80/", "::1/", "/a/../b"} {
		if _, err := parsePattern(pattern); err == nil {
			t.Errorf("%q is taken", pattern)
		}
	}
}

func TestPatternConflicts(t *testing.T) {
	patterns := []string{
		"/", "/{$}", "/{x}", "/{x...}", "/a", "/a/", "/a/{$}", "/a/{x}", "/{x}/b", "/{x}/", "/{x}/{$}", "/a/b", "/a/{x...}", "/{x}/{y}/c",
		"GET /", "GET /a", "HEAD /a", "POST /a", "GET /{x}", "HEAD /{x}", "h/", "h/a", "GET h/{x}", "i/a/{x}", "/%61", "/a%2Fb",
	}
	for _, first := range patterns {
		for _, second := range patterns {
			var r routes[int]
			mux := nethttp.NewServeMux()
			if taken, _, err := addBoth(&r, mux, first); !taken {
				t.Fatal(err)
			}
			_, agreed, err := addBoth(&r, mux, second)
			if !agreed {
				t.Errorf("%q and %q: %v; ServeMux says otherwise", first, second, err)
			}
			if err != nil && !(strings.Contains(err.Error(), first) && strings.Contains(err.Error(), second)) {
				t.Errorf("the error does not tell both patterns: %v", err)
			}
		}
	}
}

// A lookup allocates nothing, path values included, once its memory has grown.
func TestRoutesAllocateNothing(t *testing.T) {
	var r routes[int]
	for _, pattern := range []string{"/", "GET /users/{id}/posts/{post}", "/files/{path...}", "push.example.com/hosted", "POST /push"} {
		if err := r.add(pattern, 0); err != nil {
			t.Fatal(err)
		}
	}
	var heads []*Head
	for _, raw := range []string{"GET /", "GET /users/7%207/posts/a%2Fb", "HEAD /files/a/b/c", "GET /hosted", "POST /push", "GET /none/of/them/x"} {
		h, _, err := new(HeadDecoder).Decode([]byte(raw + " HTTP/1.1\r\nHost: Push.Example.com:80\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, h)
	}
	var f found[int]
	value := make([]byte, 0, 64)
	n := testing.AllocsPerRun(100, func() {
		for _, h := range heads {
			r.find(h, &f)
			if f.route == nil {
				t.Fatal(f.answer())
			}
			value = f.route.pattern.appendValue(value[:0], f.path, f.values, "id")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
	r.find(heads[1], &f)
	for name, want := range map[string]string{"id": "7 7", "post": "a/b"} {
		if got := f.value(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if f.value("path") != "" || f.value("") != "" {
		t.Error("a wildcard of another pattern has a value")
	}
}

// FuzzRoutes makes patterns and requests of small parts: both routers take the same patterns and find the same.
func FuzzRoutes(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0xFF, 0, 1, 2, 0xFF}, []byte{0, 0, 1, 2})
	f.Add([]byte{1, 1, 4, 6, 0xFF, 0, 0, 4, 7}, []byte{1, 1, 3, 3, 5})
	f.Add([]byte{0, 0, 8, 0xFF, 2, 0, 5, 1}, []byte{0, 2, 4, 6})
	methods := []string{"", "GET", "HEAD", "POST"}
	hosts := []string{"", "a", "b.c"}
	parts := []string{"", "a", "b", "c", "{x}", "{y}", "{$}", "{r...}", "%61", "a%2Fb", "%"}
	asked := []string{"", "a", "b", "c", "d", ".", "..", "%61", "a%2Fb", "a%2fb", "%2E"}
	f.Fuzz(func(t *testing.T, made, question []byte) {
		var r routes[int]
		mux := nethttp.NewServeMux()
		var patterns []string
		for spec := range bytes.SplitSeq(made, []byte{0xFF}) {
			if len(spec) < 3 || len(spec) > 9 || len(patterns) == 20 {
				continue
			}
			pattern := strings.TrimSpace(methods[int(spec[0])%len(methods)] + " " + hosts[int(spec[1])%len(hosts)])
			if strings.HasSuffix(pattern, "T") || strings.HasSuffix(pattern, "D") {
				pattern += " "
			}
			for _, i := range spec[2:] {
				pattern += "/" + parts[int(i)%len(parts)]
			}
			if p, err := parsePattern(pattern); err == errPatternUnclean {
				continue // a difference
			} else if err == nil {
				patterns = append(patterns, p.text)
			}
			taken, agreed, err := addBoth(&r, mux, pattern)
			if !agreed {
				t.Fatalf("%q after %q: %v; ServeMux says otherwise", pattern, patterns, err)
			}
			if !taken && err == nil {
				t.Fatal("not taken")
			}
		}
		if len(question) < 3 || len(question) > 9 {
			return
		}
		target := ""
		for _, i := range question[2:] {
			target += "/" + asked[int(i)%len(asked)]
		}
		method := slices.Concat(methods[1:], []string{"OPTIONS"})[int(question[0])%4]
		ours, theirs, ok := askBoth(&r, mux, method, target, []string{"a", "b.c:1", "d"}[int(question[1])%3])
		if !ok || ours != theirs {
			t.Fatalf("%q: %s %s: %q, ServeMux %q", patterns, method, target, ours, theirs)
		}
	})
}

func BenchmarkRoutes(b *testing.B) {
	var r routes[int]
	for _, pattern := range []string{"/", "/plaintext", "GET /users/{id}/posts/{post}", "POST /push", "/static/"} {
		if err := r.add(pattern, 0); err != nil {
			b.Fatal(err)
		}
	}
	for name, target := range map[string]string{"literal": "/plaintext", "wildcards": "/users/7/posts/8", "rest": "/static/js/app.js"} {
		b.Run(name, func(b *testing.B) {
			h := &Head{Method: []byte("GET"), Target: []byte(target)}
			var f found[int]
			b.ReportAllocs()
			for b.Loop() {
				r.find(h, &f)
			}
			if f.route == nil {
				b.Fatal(f.answer())
			}
		})
	}
}
