//go:build linux

package http

// Handle adds a route: f is called with the requests that the pattern matches, on the connection's loop, when the whole
// body (at most MaxBody) has come. It must not block; it may answer later.
//
// Patterns are those of net/http.ServeMux, as are their precedence and what they do to paths: "[METHOD ][HOST]/[PATH]", with
// {name} for a segment, {name...} for the rest, {$} for the end, and a slash at the end for all below it. GET serves HEAD
// too. The most specific pattern wins. A path with "//", "." or ".." is sent to the clean one, and "/tree" to "/tree/" when
// only that is there (307). No route at all: OnRequest, else 404; none for the method: 405 with Allow. OPTIONS * is 200.
// In three things routes are more careful: hosts are compared without regard to case, redirects keep what is
// percent-encoded, and "%2F" is never the end of a path.
//
// Handle panics when the pattern is wrong or conflicts with another one, or when the server serves already: routes are
// added before Engine.Listen.
func (s *Server) Handle(pattern string, f func(x *Exchange)) {
	s.addRoute(pattern, destination{handle: f})
}

// Upgrade adds a route on which connections are taken over, as by a *websocket.Server. See Handle for patterns and panics.
func (s *Server) Upgrade(pattern string, u Upgrader) {
	s.addRoute(pattern, destination{handle: u.ServeUpgrade, alone: true})
}

func (s *Server) addRoute(pattern string, to destination) {
	s.desks.mu.Lock()
	defer s.desks.mu.Unlock()
	if s.desks.all != nil {
		panic("http: pattern \"" + pattern + "\" comes too late: the server serves already")
	}
	if err := s.routes.add(pattern, to); err != nil {
		panic(err)
	}
}

// find tells where a request goes.
func (s *Server) find(x *Exchange) destination {
	if len(s.routes.patterns) == 0 {
		return s.unrouted(x)
	}
	f := &x.session.desk.found
	s.routes.find(&x.head, f)
	switch {
	case f.route != nil:
		x.pattern = f.route.pattern
		x.values = append(x.values[:0], f.values...)
		return f.route.target
	case f.status == ErrNotFound.status:
		return s.unrouted(x)
	}
	return ownAnswer(f.status, f.location, f.allow)
}

// unrouted is where requests go that no route takes.
func (s *Server) unrouted(x *Exchange) destination {
	switch {
	case s.OnRequest != nil:
		return destination{handle: s.OnRequest}
	case string(x.head.Method) == "CONNECT":
		return destination{refused: ErrConnect}
	}
	return destination{open: notFound}
}

func notFound(x *Exchange) { x.answerRefusal(ErrNotFound) }

// ownAnswer is given without waiting for the body.
func ownAnswer(status int, location, allow string) destination {
	switch {
	case allow != "":
		refusal := NewRefusal(status, "method not allowed", NewField("Allow", allow))
		return destination{open: func(x *Exchange) { x.answerRefusal(refusal) }}
	case location != "":
		fields := Fields{NewField("Location", location)}
		return destination{open: func(x *Exchange) { _ = x.Respond(status, fields, nil) }} // the location is of the head's own bytes
	}
	return destination{open: func(x *Exchange) { _ = x.Respond(status, nil, nil) }}
}

// Pattern is the pattern of the route that the request has taken, "" without one.
func (x *Exchange) Pattern() string {
	if x.pattern == nil {
		return ""
	}
	return x.pattern.text
}

// PathValue is the part of the path that the wildcard of the name stands for in Pattern, percent-decoded, "" when there is
// no such wildcard. It may hold any byte, slashes and dots too. To be called until the handler returns.
func (x *Exchange) PathValue(name string) string {
	return string(x.AppendPathValue(nil, name))
}

// AppendPathValue appends what PathValue returns.
func (x *Exchange) AppendPathValue(dst []byte, name string) []byte {
	return x.pattern.appendValue(dst, x.head.Path(), x.values, name)
}
