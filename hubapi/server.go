//go:build linux

package hubapi

import (
	"strings"
	"sync/atomic"

	"fanloop/codec/http"
	"fanloop/hub"
)

// An API is a hub over HTTP: what back ends say on a text port, as requests, and a few questions. Its fields are set before Register
// and not changed afterwards.
//
// Without a Token only programs on the server's own machine are let in: the peer has to be a loopback address or come through a unix
// socket, no proxy may have passed the request on (Forwarded, X-Forwarded-For, X-Real-IP, Via and the like), Host has to be localhost or a
// loopback address, and no web page but one of the same origin may ask (Origin, Sec-Fetch-Site): 403. With one, whoever has it is let
// in, from anywhere: 401. A body must say that it is JSON, which no form of a web page does: 415.
type API struct {
	// Hub is whom all of it is about. It must be there.
	Hub *hub.Hub
	// Token is what requests must have behind "Authorization: Bearer". It should be long and random, of letters, digits and -._~+/
	// (RFC 6750 2.1). Without TLS in front everybody on the way can read it.
	Token string
	// NeedsToken lets nobody in while there is no Token. Without it, and without a Token, programs on this machine are let in: right for
	// trying out, and wrong with a proxy on this machine that does not say for whom it speaks, as nginx does unless it is told to.
	NeedsToken bool

	guard    atomic.Pointer[guard]
	requests atomic.Uint64
	denied   atomic.Uint64
}

// Stats are what has happened since an API began.
type Stats struct {
	Requests uint64 // let in; a batch is one
	Denied   uint64 // answered with 401, 403 or 415
}

// Stats may be called from any goroutine.
func (a *API) Stats() Stats { return Stats{Requests: a.requests.Load(), Denied: a.denied.Load()} }

// SetToken replaces Token, for requests to come. It may be called from any goroutine, from the first Register on.
func (a *API) SetToken(token string) { a.guard.Store(newGuard(token, a.NeedsToken)) }

// Register adds the routes of the API to a server, below a prefix such as "/api", or "" for none:
//
//	POST /push, /kick, /join, /leave, /unbind
//	GET  /online/{uid}, /count, /uids, /groups, /groups/{group}
//	GET  /openapi.json, which describes them; everybody may read it
//
// The server's MaxBody bounds a body; for all that the API takes it has to be 4 MiB. The server's connections may live on any loop of
// the hub. What the server itself refuses there is answered as a problem too, for which Register sets the server's OnRefusal, and
// leaves other paths to the one that was there. Register panics as http.Server.Handle does.
func (a *API) Register(s *http.Server, prefix string) {
	a.guard.CompareAndSwap(nil, newGuard(a.Token, a.NeedsToken))
	for i := range endpoints {
		e := &endpoints[i]
		s.HandleAdmitted(e.method+" "+prefix+e.path, func(x *http.Exchange) { a.admit(e, x) }, func(x *http.Exchange) { a.serve(e, x) })
	}
	a.registerRefusals(s, prefix)
	text := description(prefix)
	s.Handle("GET "+prefix+"/openapi.json", func(x *http.Exchange) { _ = x.Respond(statusOK, fieldsOf(mediaJSON), text) })
}

// admit answers who may not ask, before a body of theirs takes any memory. Others are back ends, and not held to what a listener allows
// strangers to send a second. The only error left is that they have gone.
func (a *API) admit(e *endpoint, x *http.Exchange) {
	why := a.guard.Load().admit(x.Head(), x.RemoteAddr())
	if !why.failed() {
		_, why = e.admitMedia(x.Head().Fields)
	}
	if why.failed() {
		a.denied.Add(1)
		no := result{failure: why}.answer()
		_ = x.Respond(no.status, e.denialFields(why), no.body)
		return
	}
	x.Exempt()
}

// serve answers a request that has been let in. The only error left is that whoever asked has gone.
func (a *API) serve(e *endpoint, x *http.Exchange) {
	a.requests.Add(1)
	m, _ := e.admitMedia(x.Head().Fields)
	c := &call{value: x.PathValue(e.wildcard()), query: string(x.Head().Query()), media: m, body: x.Body()}
	reply := x.Reply()
	e.serve(a.Hub, x.Loop(), c, func(r answer) { _ = reply.Send(r.status, fieldsOf(r.media), r.body) })
}

// answerFields are the fields of an answer, by its media type. Nothing is to be kept: it is true for a moment.
var answerFields = map[media]http.Fields{}

func init() {
	for _, m := range []media{mediaJSON, mediaLines, mediaProblem} {
		answerFields[m] = http.Fields{http.NewField("Content-Type", string(m)), http.NewField("Cache-Control", "no-store")}
	}
}

func fieldsOf(m media) http.Fields { return answerFields[m] }

// denialFields tell, too, what would have been right (RFC 9110 11.6.1, 15.5.16).
func (e *endpoint) denialFields(why failure) http.Fields {
	switch why.status {
	case statusUnauthorized:
		return append(problemFields(), http.NewField("WWW-Authenticate", challenge(why)))
	case statusMedia:
		return append(problemFields(), http.NewField("Accept", e.accept()), http.NewField("Accept-Encoding", "identity"))
	}
	return fieldsOf(mediaProblem)
}

// accept lists the types of bodies that are taken.
func (e *endpoint) accept() string {
	types := make([]string, len(e.takes))
	for i, m := range e.takes {
		types[i] = string(m)
	}
	return strings.Join(types, ", ")
}
