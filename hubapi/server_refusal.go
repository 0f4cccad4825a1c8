//go:build linux

package hubapi

import "fanloop/codec/http"

// registerRefusals has what the server and its routes refuse answered in the API's form.
func (a *API) registerRefusals(s *http.Server, prefix string) {
	own, allowed := map[string]bool{}, map[string]string{}
	for _, e := range endpoints {
		own[e.method+" "+prefix+e.path], own[prefix+e.path] = true, true
		allowed[prefix+e.path] = e.method
		if e.method == "GET" {
			allowed[prefix+e.path] = "GET, HEAD"
		}
	}
	for path, methods := range allowed {
		fields := append(problemFields(), http.NewField("Allow", methods))
		no := result{failure: otherMethod}.answer()
		refuse := func(x *http.Exchange) { _ = x.Respond(no.status, fields, no.body) } // before a body, that nobody wants
		s.HandleAdmitted(path, refuse, refuse)
	}
	others := s.OnRefusal
	s.OnRefusal = func(x *http.Exchange, r *http.Refusal) {
		switch {
		case own[x.Pattern()]:
			no := result{failure: failure{r.Status(), r.Reason()}}.answer()
			_ = x.Respond(no.status, append(problemFields(), r.Fields()...), no.body)
		case others != nil:
			others(x, r)
		}
	}
}

// problemFields are those of a problem, to be added to.
func problemFields() http.Fields { return append(http.Fields(nil), fieldsOf(mediaProblem)...) }
