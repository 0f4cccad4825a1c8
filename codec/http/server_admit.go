//go:build linux

package http

// HandleAdmitted is Handle for what not everybody may ask: admit is called first, as soon as the head has come and before any of the body
// is kept. When it answers, with Respond, that is all: the body is thrown away, and a client that waits for 100 Continue does not send
// it. Otherwise f is called as Handle has it.
func (s *Server) HandleAdmitted(pattern string, admit, f func(x *Exchange)) {
	s.addRoute(pattern, destination{handle: f, admit: admit})
}

// admitted calls admit, if there is one, and tells whether x is still to be answered.
func (x *Exchange) admitted() bool {
	if x.target.admit == nil {
		return true
	}
	return !x.answeredBy(x.target.admit) && !x.session.conn.Closing()
}

// answeredBy calls f, and tells whether that has answered x.
func (x *Exchange) answeredBy(f func(x *Exchange)) bool {
	s := x.session
	s.running = x
	f(x)
	s.running = nil
	if x.state != answered {
		return false
	}
	if x.away && !x.owns {
		s.desk.recycle(x)
	}
	return true
}
