package identity

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"fanloop/codec/http"
)

// Nothing but what was signed here is let in, whatever a token looks like.
func FuzzVerify(f *testing.F) {
	k := keys()
	v := &Verifier{Keys: fourKeys(f), Now: at(noon)}
	signed := map[string]bool{}
	for _, token := range []string{
		sign(f, jwt.SigningMethodHS256, "hs", k.secret, with(nil)),
		sign(f, jwt.SigningMethodRS256, "rs", k.rsa, with(nil)),
		sign(f, jwt.SigningMethodES256, "", k.ec, with(nil)),
		sign(f, jwt.SigningMethodEdDSA, "ed", k.ed, with(nil)),
	} {
		signed[token] = true
		f.Add(token)
	}
	f.Add(raw(`{"alg":"none"}`, `{"sub":"u1","exp":9999999999}`, nil))
	f.Add(raw(`{"alg":"HS256"}`, `{"sub":"u1","exp":9999999999}`, []byte("x")))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, token string) {
		id, err := v.Verify(token)
		if err == nil && !signed[token] {
			t.Fatalf("%q is let in as %+v", token, id)
		}
		if err != nil && len(token) > 8 && strings.Contains(err.Error(), token) {
			t.Fatalf("the error tells the token: %v", err)
		}
	})
}

// Whatever a signed token says, what comes of it is something that a hub takes, or an error.
func FuzzClaims(f *testing.F) {
	k := keys()
	v := &Verifier{Keys: mustKeys(f, k.secret), Now: at(noon)}
	f.Add([]byte(`{"sub":"u1","exp":9999999999,"groups":["a",7],"aud":"x"}`))
	f.Add([]byte(`{"sub":7,"exp":1e10,"nbf":0,"aud":["a"],"iss":"b"}`))
	f.Add([]byte(`{"sub":null,"exp":{}}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		id, err := v.Verify(raw(`{"alg":"HS256"}`, string(payload), k.secret))
		if err == nil && (!id.valid() || !id.Expires.After(noon) || !json.Valid(payload)) {
			t.Fatalf("%q: %+v", payload, id)
		}
	})
}

// What is taken for a token stands in the message, or in the head, and nothing panics.
func FuzzFind(f *testing.F) {
	f.Add("/ws?token=a.b.c", "Bearer x", "token.a, fanloop", "t=b; c=d", []byte(`{"token":"a"}`))
	f.Fuzz(func(t *testing.T, target, authorization, protocol, cookie string, message []byte) {
		h := &http.Head{Target: []byte(target), Fields: http.Fields{
			http.NewField("Authorization", authorization), http.NewField("Sec-WebSocket-Protocol", protocol), http.NewField("Cookie", cookie),
		}}
		s := Sources{Cookie: "t"}
		token, err := s.Find(h)
		all := authorization + "\n" + protocol + "\n" + cookie
		if err == nil && !strings.Contains(all, token) && !strings.ContainsAny(target, "%+") && !strings.Contains(target, token) {
			t.Fatalf("%q comes from nowhere", token)
		}
		if token, is := TokenMessage(message, 100); is && (len(token) > 3*len(message) || !json.Valid(message)) {
			t.Fatalf("%q of %q", token, message)
		}
	})
}
