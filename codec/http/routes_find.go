package http

import (
	"bytes"
	"slices"
)

// found is what a request leads to. It is used again for the next one of the same routes, so that finding allocates nothing.
type found[T any] struct {
	// route is the one to follow, nil when the router itself answers, with status.
	route *route[T]
	// status is 307, 404 or 405, or 200 for OPTIONS *.
	status int
	// location is where 307 sends to.
	location string
	// allow is the Allow field of 405.
	allow string

	path   []byte     // of the request; not decoded
	values []pathPart // of the wildcards, within path

	// usual is the route without wildcards that was found last: the next request may well be for it too.
	usual *route[T]

	// scratch for the next find, which then allocates nothing
	second  []pathPart // what a second match would have found
	slashed []byte     // the path with a slash behind it
	folded  []byte     // a host in lower case, then a segment decoded
}

type pathPart struct{ from, to int }

// usualValues is how many path values there is room for from the beginning.
const usualValues = 4

// find looks up a head. What it found refers to the head and is valid as long as that. The rules are ServeMux's:
//
//   - A pattern with a host goes before all without; a port in the Host field does not matter, nor does case.
//   - A pattern with the method goes before one without; GET serves HEAD too.
//   - Path and pattern are compared segment by segment, each percent-decoded: "%2F" does not separate.
//   - A path with "//", "." or ".." is sent to the clean one (307), and "/tree" to "/tree/" when only that has a route.
func (r *routes[T]) find(h *Head, to *found[T]) {
	path := h.Path()
	to.route, to.status, to.location, to.allow = nil, 0, "", ""
	if to.values == nil {
		to.values, to.second = make([]pathPart, 0, usualValues), make([]pathPart, 0, usualValues)
	}
	to.path, to.values = path, to.values[:0]
	if to.route = r.whole(h.Method, path, to); to.route != nil {
		return
	}
	switch {
	case len(path) == 1 && path[0] == '*':
		to.status = 200 // RFC 9110 9.3.7
	case !cleanPath(path):
		r.redirectClean(h, to)
	default:
		r.findClean(h, to)
	}
}

// whole is the route without wildcards that has just the method and the path: nothing is more specific but a host.
func (r *routes[T]) whole(method, path []byte, to *found[T]) *route[T] {
	if len(r.hosts) > 0 || r.anyHost == nil {
		return nil
	}
	if u := to.usual; u != nil && string(path) == u.path && string(method) == u.pattern.method {
		return u
	}
	b := r.anyHost.find(string(method))
	if b == nil {
		return nil
	}
	hit := b.whole[string(path)]
	if hit != nil {
		to.usual = hit
	}
	return hit
}

func (r *routes[T]) findClean(h *Head, to *found[T]) {
	to.route, to.values = r.match(h, to.path, to.values, to)
	switch {
	case to.route != nil && exact(to.route.pattern, to.path):
	case r.wantsSlash(h, to.path, to):
		to.redirect(to.slashed, h.Query())
	case to.route == nil:
		to.refuse(r.allowed(h, to.path, to))
	}
}

// redirectClean sends to the clean path, whether it has a route or not, and to the slash behind it in one step.
func (r *routes[T]) redirectClean(h *Head, to *found[T]) {
	clean := cleaned(to.path)
	here, _ := r.match(h, clean, to.second[:0], to)
	if (here == nil || !exact(here.pattern, clean)) && r.wantsSlash(h, clean, to) {
		clean = to.slashed
	}
	to.redirect(clean, h.Query())
}

// wantsSlash tells whether a path that has no route quite its own has one with a slash behind it: to.slashed.
func (r *routes[T]) wantsSlash(h *Head, path []byte, to *found[T]) bool {
	if len(path) == 0 || path[len(path)-1] == '/' {
		return false
	}
	to.slashed = append(append(to.slashed[:0], path...), '/')
	there, second := r.match(h, to.slashed, to.second[:0], to)
	to.second = second
	return there != nil && exact(there.pattern, to.slashed)
}

// match finds the route of a clean path.
func (r *routes[T]) match(h *Head, path []byte, values []pathPart, scratch *found[T]) (*route[T], []pathPart) {
	if m := r.hostBranch(h, scratch); m != nil {
		if to, values := m.match(h.Method, path, values, scratch); to != nil {
			return to, values
		}
	}
	return r.anyHost.match(h.Method, path, values, scratch)
}

// hostBranch is the branch of the head's host, nil without one.
func (r *routes[T]) hostBranch(h *Head, scratch *found[T]) *hostRoutes[T] {
	if len(r.hosts) == 0 {
		return nil
	}
	scratch.folded = appendLower(scratch.folded[:0], withoutPort(h.Host()))
	return r.hosts[string(scratch.folded)]
}

func (m *hostRoutes[T]) match(method, path []byte, values []pathPart, scratch *found[T]) (*route[T], []pathPart) {
	if m == nil {
		return nil, values
	}
	if to, values := m.find(string(method)).match(path, values, scratch); to != nil {
		return to, values
	}
	if string(method) == "HEAD" {
		if to, values := m.find("GET").match(path, values, scratch); to != nil {
			return to, values
		}
	}
	return m.any.walk(path, 0, values, scratch)
}

func (b *methodRoutes[T]) match(path []byte, values []pathPart, scratch *found[T]) (*route[T], []pathPart) {
	if b == nil {
		return nil, values
	}
	return b.node.walk(path, 0, values, scratch)
}

// walk follows path from the slash at at, where n stands. A literal is more specific than a wildcard, and that more than
// the rest: what conflicts with this order has not been added.
func (n *node[T]) walk(path []byte, at int, values []pathPart, scratch *found[T]) (*route[T], []pathPart) {
	switch {
	case n == nil:
		return nil, values
	case at == len(path):
		return n.route, values
	case at == len(path)-1 && n.end != nil:
		return n.end, values
	case at < len(path)-1:
		next := at + 1 + segmentLen(path[at+1:])
		if to, values := n.literals[string(scratch.decoded(path[at+1:next]))].walk(path, next, values, scratch); to != nil {
			return to, values
		}
		if n.wildcard == nil {
			break
		}
		if to, values := n.wildcard.walk(path, next, append(values, pathPart{at + 1, next}), scratch); to != nil {
			return to, values
		}
	}
	if n.rest == nil {
		return nil, values
	}
	return n.rest, append(values, pathPart{at + 1, len(path)})
}

func segmentLen(b []byte) int {
	if i := bytes.IndexByte(b, '/'); i >= 0 {
		return i
	}
	return len(b)
}

// decoded is a segment without percent-encoding, valid until the next one.
func (f *found[T]) decoded(segment []byte) []byte {
	if bytes.IndexByte(segment, '%') < 0 {
		return segment
	}
	f.folded = appendUnescaped(f.folded[:0], segment)
	return f.folded
}

// allowed are the methods that the path has routes for, with a slash behind it too.
func (r *routes[T]) allowed(h *Head, path []byte, scratch *found[T]) (methods []string) {
	slashed := append(bytes.Clone(path), '/')
	if len(path) > 0 && path[len(path)-1] == '/' {
		slashed = path
	}
	for _, m := range []*hostRoutes[T]{r.hostBranch(h, scratch), r.anyHost} {
		methods = m.allowed(methods, path, slashed, scratch)
	}
	if slices.Contains(methods, "GET") {
		methods = append(methods, "HEAD")
	}
	slices.Sort(methods)
	return slices.Compact(methods)
}

func (m *hostRoutes[T]) allowed(methods []string, path, slashed []byte, scratch *found[T]) []string {
	if m == nil {
		return methods
	}
	for _, branch := range m.named {
		here, _ := branch.node.walk(path, 0, scratch.second[:0], scratch)
		there, _ := branch.node.walk(slashed, 0, scratch.second[:0], scratch)
		if here != nil || there != nil {
			methods = append(methods, branch.method)
		}
	}
	return methods
}
