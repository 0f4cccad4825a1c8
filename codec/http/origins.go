package http

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
)

// Origins says which web pages may connect, by what their browser says of them in Origin (RFC 6454 7). A page of another site can
// have its visitor's browser open a WebSocket with the visitor's cookies, and from the visitor's network: nothing but this keeps it
// from doing so (RFC 6455 10.2). The entries are
//
//	https://www.example.com    pages of this scheme, host and port
//	https://*.example.com      pages of any host below, at any depth; not of example.com itself
//	same-host                  pages of the host that the request is for, whatever their port and scheme
//	null                       pages without an origin: opened as a file, or kept apart by a sandbox, as any site can have them
//	*                          all
//
// None at all mean same-host: ports do not count there, as they do not for cookies, and the names of this machine, localhost,
// 127.0.0.1 and [::1], are one host. Whoever owns a name can have it lead to an address of somebody else's network (DNS rebinding), and
// then a page of that name is of the same host: a server that nobody has to show a token, and that is not for everybody, names its
// origins. A request without Origin is no page's and is admitted, unless its browser says in
// Sec-Fetch-Site that another site has caused it. Origins are set before they are used and not changed afterwards; any goroutine
// may use them.
type Origins []string

const (
	sameHost   = "same-host"
	nullOrigin = "null"
	anyOrigin  = "*"
)

// ErrOrigin is what Check returns for something that is no entry of Origins.
var ErrOrigin = errors.New("http: no origin: want scheme://host[:port], scheme://*.host[:port], same-host, null or *")

// Check returns ErrOrigin when an entry could never match.
func (o Origins) Check() error {
	for _, entry := range o {
		if !validOrigin(entry) {
			return ErrOrigin
		}
	}
	return nil
}

func validOrigin(entry string) bool {
	switch entry {
	case sameHost, nullOrigin, anyOrigin:
		return true
	}
	scheme, host, found := strings.Cut(entry, "://")
	host = strings.TrimPrefix(host, "*.")
	return found && !strings.Contains(host, "*") && scheme != "" && span([]byte(scheme), isRegName) == len(scheme) && validHostPort([]byte(host))
}

// Admits tells whether the page that h comes from may connect.
func (o Origins) Admits(h *Head) bool { return o.AdmitsAt(h, nil) }

// AdmitsAt is Admits for a request that was for another host than Host says: that which a trusted proxy tells (Forwarded.Host), for
// proxies often ask for the server by a name of their own. nil is what Host says.
func (o Origins) AdmitsAt(h *Head, host []byte) bool {
	if host == nil {
		host = h.Host()
	}
	if o.has(anyOrigin) {
		return true
	}
	switch h.Fields.Count("Origin") {
	case 0:
		return !fetchedByOthers(h)
	case 1:
		return o.admits(h.Fields.Get("Origin"), host)
	}
	return false
}

func (o Origins) admits(origin, host []byte) bool {
	if bytes.ContainsAny(origin, " \t") {
		return false // several (RFC 6454 7.1), of which the last would speak for the others
	}
	if len(o) == 0 {
		return isOfHost(origin, host)
	}
	for _, entry := range o {
		switch {
		case entry == sameHost && isOfHost(origin, host), entry == nullOrigin && isOpaque(origin), matchesOrigin(entry, origin):
			return true
		}
	}
	return false
}

func (o Origins) has(entry string) bool {
	for _, e := range o {
		if e == entry {
			return true
		}
	}
	return false
}

// fetchedByOthers: a browser says Sec-Fetch-Site with what pages load without a script, which has no Origin (Fetch Metadata 2.1).
func fetchedByOthers(h *Head) bool {
	site := h.Fields.Get("Sec-Fetch-Site")
	return site != nil && string(site) != "same-origin" && string(site) != "none"
}

// isOpaque: of a page that was opened as a file some browsers say file://, others null.
func isOpaque(origin []byte) bool { return string(origin) == nullOrigin || string(origin) == "file://" }

func isOfHost(origin, host []byte) bool {
	_, theirs, found := bytes.Cut(origin, []byte("://"))
	if !found {
		return false
	}
	theirs, _, okTheirs := splitPort(theirs)
	ours, _, okOurs := splitPort(host)
	if !okTheirs || !okOurs || len(theirs) == 0 {
		return false
	}
	return equalFold(theirs, string(ours)) || IsLoopbackName(string(theirs)) && IsLoopbackName(string(ours))
}

// IsLoopbackName tells whether the host of a Host field or an origin, without its port, can only mean the machine itself: localhost or
// a loopback address.
func IsLoopbackName(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return err == nil && ip.Unmap().IsLoopback()
}

// matchesOrigin tells whether an entry that is an origin, or has a wildcard in front of its host, stands for origin.
func matchesOrigin(entry string, origin []byte) bool {
	if equalFold(origin, entry) {
		return true
	}
	scheme, host, found := strings.Cut(entry, "://")
	theirScheme, theirs, theirsFound := bytes.Cut(origin, []byte("://"))
	if !found || !theirsFound || !equalFold(theirScheme, scheme) {
		return false
	}
	host, theirs = withoutStandardPort(scheme, host), []byte(withoutStandardPort(scheme, string(theirs)))
	below, wild := strings.CutPrefix(host, "*.")
	if !wild {
		return equalFold(theirs, host)
	}
	dot := len(theirs) - len(below) - 1
	return dot > 0 && theirs[dot] == '.' && equalFold(theirs[dot+1:], below)
}

// withoutStandardPort: a browser leaves the port of its scheme out (RFC 6454 6.2).
func withoutStandardPort(scheme, host string) string {
	switch {
	case strings.EqualFold(scheme, "http"):
		return strings.TrimSuffix(host, ":80")
	case strings.EqualFold(scheme, "https"):
		return strings.TrimSuffix(host, ":443")
	}
	return host
}
