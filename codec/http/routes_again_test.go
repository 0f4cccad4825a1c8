package http

import (
	"math/rand/v2"
	"testing"
)

// What was found before changes nothing: the same memory, used for one request after the other, finds what new memory finds.
func TestRoutesFindAgain(t *testing.T) {
	for name, patterns := range map[string][]string{
		"any host": {"GET /a", "POST /a", "GET /a/", "/b", "GET /b", "GET /c/{id}", "GET /c/{$}", "GET /{$}", "/d/{rest...}"},
		"hosts":    {"GET /a", "GET h/a", "POST /a", "GET /a/", "GET /b"},
	} {
		t.Run(name, func(t *testing.T) {
			var r routes[int]
			for i, pattern := range patterns {
				if err := r.add(pattern, i+1); err != nil {
					t.Fatal(err)
				}
			}
			var again found[int]
			random, hits := rand.New(rand.NewPCG(1, 2)), 0
			pick := func(of ...string) string { return of[random.IntN(len(of))] }
			for range 5000 {
				host, method := pick("h", "x"), pick("GET", "GET", "POST", "HEAD", "PUT")
				target := pick("/a", "/a", "/a?q", "/a/", "/b", "/c/7", "/c/", "/", "/d/e/f", "/none", "//a")
				h := &Head{Method: []byte(method), Target: []byte(target), Minor: 1, Fields: Fields{NewField("Host", host)}}
				var fresh found[int]
				r.find(h, &fresh)
				r.find(h, &again)
				if fresh.answer() != again.answer() || fresh.route != again.route {
					t.Fatalf("%s %s of %s: %q, with new memory %q", method, target, host, again.answer(), fresh.answer())
				}
				if again.route != nil && again.route == again.usual {
					hits++
				}
			}
			if usual := len(patterns) > 5; usual != (hits > 0) {
				t.Errorf("the usual route was found %d times", hits)
			}
		})
	}
}
