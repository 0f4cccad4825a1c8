package hubapi

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"strings"

	"fanloop/codec/http"
)

// A guard decides who may use the API: who has the token (RFC 6750), or without one who is on this machine.
type guard struct {
	open  bool // no token is asked for
	shut  bool // there is none, and has to be
	token [sha256.Size]byte
}

func newGuard(token string, needed bool) *guard {
	return &guard{open: token == "" && !needed, shut: token == "" && needed, token: sha256.Sum256([]byte(token))}
}

// The kinds of failures that only HTTP has (RFC 9110 15.5).
const (
	statusUnauthorized = 401
	statusForbidden    = 403
	statusMethod       = 405
	statusMedia        = 415
)

var (
	noToken    = failure{statusUnauthorized, "want Authorization: Bearer and the token"}
	wrongToken = failure{statusUnauthorized, "the token is another one"}

	fromElsewhere = failure{statusForbidden, "without a token only this machine may ask"}
	throughProxy  = failure{statusForbidden, "without a token no proxy may pass requests on"}
	otherHost     = failure{statusForbidden, "without a token Host has to be localhost or a loopback address"}
	otherOrigin   = failure{statusForbidden, "without a token no other web site may ask"}

	noneYet = failure{statusForbidden, "nobody is let in until the server has been given a token"}

	otherMethod = failure{statusMethod, "the path is there for another method"}

	wrongMedia = failure{statusMedia, "Content-Type: want one that the API takes, and no Content-Encoding"}
)

// admit returns why a request is not let in, or the zero failure.
func (g *guard) admit(head *http.Head, peer net.Addr) failure {
	if g.open {
		return admitLocal(head, peer)
	}
	if g.shut {
		return noneYet
	}
	given := head.Fields.Get("Authorization")
	scheme, token, _ := bytes.Cut(given, []byte{' '})
	if !bytes.EqualFold(scheme, []byte("Bearer")) || head.Fields.Count("Authorization") > 1 { // somebody in front may go by the other
		return noToken
	}
	sum := sha256.Sum256(bytes.TrimSpace(token)) // so that lengths, too, take the same time
	if subtle.ConstantTimeCompare(sum[:], g.token[:]) != 1 {
		return wrongToken
	}
	return failure{}
}

// challenge is the WWW-Authenticate of a 401 (RFC 6750 3).
func challenge(why failure) string {
	if why == wrongToken {
		return `Bearer realm="fanloop", error="invalid_token"`
	}
	return `Bearer realm="fanloop"`
}

// passedOn are the fields by which a proxy tells that a request is somebody else's: whichever of them it has been told to send.
var passedOn = []string{
	"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server", "X-Real-IP", "Via",
	"X-Client-IP", "True-Client-IP", "CF-Connecting-IP",
}

// admitLocal lets in who is on this machine: but not a proxy, which speaks for others, and no web page but the server's own, though its
// browser is on this machine. A page from elsewhere is known by what its browser says of it, and one whose name has been made to lead
// here (DNS rebinding) by the name.
func admitLocal(head *http.Head, peer net.Addr) failure {
	if !isLocal(peer) {
		return fromElsewhere
	}
	for _, name := range passedOn {
		if head.Fields.Has(name) {
			return throughProxy
		}
	}
	_, tcp := peer.(*net.TCPAddr)
	if tcp && !isLocalName(string(head.Host())) { // no browser reaches a unix socket
		return otherHost
	}
	if !ownOrigin(head) {
		return otherOrigin
	}
	return failure{}
}

func isLocal(peer net.Addr) bool {
	switch a := peer.(type) {
	case *net.TCPAddr:
		return a.IP.IsLoopback()
	case *net.UnixAddr:
		return true
	}
	return false
}

// isLocalName tells whether a Host, with or without a port, can only mean this machine.
func isLocalName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return http.IsLoopbackName(host)
}

// ownOrigin tells whether a request comes from no web page at all, or from one of the same host and port. A browser says Origin with each
// request that can change anything, and in these years also Sec-Fetch-Site.
func ownOrigin(head *http.Head) bool {
	if site := head.Fields.Get("Sec-Fetch-Site"); site != nil && string(site) != "same-origin" && string(site) != "none" {
		return false
	}
	for origin := range head.Fields.Values("Origin") {
		if _, host, _ := strings.Cut(string(origin), "://"); !strings.EqualFold(host, string(head.Host())) || host == "" {
			return false
		}
	}
	return true
}

// admitMedia returns why a body cannot be read, and else its media type. A form of a web page has none of these types, and a script
// elsewhere must not say them without having been allowed to. Two of them are none (RFC 9110 8.3).
func (e *endpoint) admitMedia(fields http.Fields) (media, failure) {
	m := mediaOf(fields.Get("Content-Type"))
	for _, taken := range e.takes {
		if m == taken && fields.Count("Content-Type") == 1 && !fields.Has("Content-Encoding") {
			return m, failure{}
		}
	}
	if e.takes == nil {
		return "", failure{}
	}
	return "", wrongMedia
}
