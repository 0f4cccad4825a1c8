package identity

import (
	"bytes"
	"net/url"

	"fanloop/codec/http"
)

// Sources say where in a request a token may stand. The zero value is what Find tells.
type Sources struct {
	// Query is the parameter. Default "token". Proxies write URLs into their logs; this server does not.
	Query string
	// Protocol is what stands before the token in a WebSocket subprotocol. Default "token."; the client offers another one too, for the
	// answer has to name one, and it is not the token.
	Protocol string
	// Cookie is the name of the cookie. "": none, for it comes with every request of a browser, also those that other sites cause:
	// whoever names one relies on Origins.
	Cookie string
}

// DefaultProtocol is the subprotocol that a Door chooses when the client offers it beside a token and the Server has chosen none.
const DefaultProtocol = "fanloop"

// Find looks for a token in
//
//	Authorization: Bearer <token>
//	Sec-WebSocket-Protocol: fanloop, token.<token>
//	?token=<token>
//
// of which at most one may have one, and if none has, in the cookie. The errors are ErrNoToken and ErrManyTokens.
func (s *Sources) Find(h *http.Head) (string, error) {
	f := finder{}
	for value := range h.Fields.Values("Authorization") {
		f.bearer(value)
	}
	prefix := []byte(orElse(s.Protocol, "token."))
	for protocol := range h.Fields.List("Sec-WebSocket-Protocol") {
		if token, is := bytes.CutPrefix(protocol, prefix); is {
			f.add(string(token))
		}
	}
	f.query(h.Query(), orElse(s.Query, "token"))
	if f.found == 0 && s.Cookie != "" {
		for value := range h.Fields.Values("Cookie") {
			f.cookie(value, s.Cookie)
		}
	}
	return f.result()
}

// finder collects what may be the token.
type finder struct {
	token string
	found int
}

func (f *finder) add(token string) {
	f.token = token
	f.found++
}

func (f *finder) result() (string, error) {
	switch f.found {
	case 0:
		return "", ErrNoToken
	case 1:
		return f.token, nil
	}
	return "", ErrManyTokens
}

// bearer: RFC 6750 2.1. Other schemes are somebody else's.
func (f *finder) bearer(value []byte) {
	scheme, token, _ := bytes.Cut(value, []byte{' '})
	if bytes.EqualFold(scheme, []byte("Bearer")) {
		f.add(string(bytes.Trim(token, " ")))
	}
}

func (f *finder) query(query []byte, name string) {
	for len(query) > 0 {
		var pair []byte
		pair, query, _ = bytes.Cut(query, []byte{'&'})
		key, value, _ := bytes.Cut(pair, []byte{'='})
		if string(key) != name {
			continue
		}
		token, err := url.QueryUnescape(string(value))
		if err != nil {
			token = "" // which is none
		}
		f.add(token)
	}
}

// cookie: RFC 6265 4.2.1. Two of the name, one of which another site under the same domain may have set, are one too many.
func (f *finder) cookie(value []byte, name string) {
	for len(value) > 0 {
		var pair []byte
		pair, value, _ = bytes.Cut(value, []byte{';'})
		key, token, _ := bytes.Cut(bytes.Trim(pair, " \t"), []byte{'='})
		if string(key) == name {
			f.add(string(token))
		}
	}
}
