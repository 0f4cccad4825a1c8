package http

import "fmt"

// routes find the route of a request: the most specific of the patterns that match it. The tree has a level for the host, one
// for the method, and then one for each segment of the path; "" is any host and any method.
type routes[T any] struct {
	patterns []*pattern                // all, for conflicts
	hosts    map[string]*hostRoutes[T] // most servers have none
	anyHost  *hostRoutes[T]
}

// hostRoutes are the second level.
type hostRoutes[T any] struct {
	named []methodRoutes[T] // in the order they came; there are few
	any   *node[T]
}

type methodRoutes[T any] struct {
	method string
	node   *node[T]
	// whole has the routes without wildcards by their paths: of all patterns with that method, none is more specific. Most
	// requests are for one of these.
	whole map[string]*route[T]
}

// node is where the segments so far lead to.
type node[T any] struct {
	route    *route[T] // of the pattern that ends here
	literals map[string]*node[T]
	wildcard *node[T]
	rest     *route[T]
	end      *route[T]
}

// route is a pattern and what it was added for.
type route[T any] struct {
	pattern *pattern
	path    string // the only one that the pattern matches; "" when there are more
	target  T
}

// add adds a route. The error tells what is wrong with the pattern, or which other one it conflicts with.
func (r *routes[T]) add(text string, target T) error {
	p, err := parsePattern(text)
	if err != nil {
		return fmt.Errorf("http: pattern %q: %w", text, err)
	}
	for _, q := range r.patterns {
		if p.conflicts(q) {
			return fmt.Errorf("http: pattern %q conflicts with %q: some requests match both, and neither is more specific",
				text, q.text)
		}
	}
	r.patterns = append(r.patterns, p)
	to := &route[T]{p, p.path(), target}
	m := r.branch(p.host)
	m.branch(p.method).insert(p.segments, to)
	if to.path != "" && p.method != "" {
		m.find(p.method).whole[to.path] = to
	}
	return nil
}

func (r *routes[T]) branch(host string) *hostRoutes[T] {
	m := r.anyHost
	if host != "" {
		m = r.hosts[host]
	}
	if m != nil {
		return m
	}
	m = &hostRoutes[T]{}
	switch {
	case host == "":
		r.anyHost = m
	case r.hosts == nil:
		r.hosts = map[string]*hostRoutes[T]{host: m}
	default:
		r.hosts[host] = m
	}
	return m
}

func (m *hostRoutes[T]) branch(method string) *node[T] {
	if method == "" {
		if m.any == nil {
			m.any = &node[T]{}
		}
		return m.any
	}
	if b := m.find(method); b != nil {
		return b.node
	}
	b := methodRoutes[T]{method, &node[T]{}, map[string]*route[T]{}}
	m.named = append(m.named, b)
	return b.node
}

func (m *hostRoutes[T]) find(method string) *methodRoutes[T] {
	for i := range m.named {
		if m.named[i].method == method {
			return &m.named[i]
		}
	}
	return nil
}

func (n *node[T]) insert(segments []segment, to *route[T]) {
	for _, s := range segments {
		switch s.kind {
		case restSegment:
			n.rest = to
			return
		case endSegment:
			n.end = to
			return
		case wildcardSegment:
			if n.wildcard == nil {
				n.wildcard = &node[T]{}
			}
			n = n.wildcard
		default:
			n = n.literal(s.literal)
		}
	}
	n.route = to
}

func (n *node[T]) literal(text string) *node[T] {
	next := n.literals[text]
	if next == nil {
		if n.literals == nil {
			n.literals = map[string]*node[T]{}
		}
		next = &node[T]{}
		n.literals[text] = next
	}
	return next
}
