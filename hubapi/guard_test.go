//go:build linux

package hubapi

import (
	"strings"
	"testing"

	"fanloop/codec/http"
	"fanloop/hub"
)

// Where a token is needed and there is none, nobody is let in, until there is one.
func TestNeedsToken(t *testing.T) {
	api := &API{NeedsToken: true}
	s := newSite(t, api, "", 1, hub.Options{})
	count := func(status int, fields ...string) {
		t.Helper()
		if got := s.ask("GET", "/count", "", fields...); got.status != status || status == 403 && !strings.Contains(got.body, "token") {
			t.Errorf("%+v, want %d", got, status)
		}
	}
	count(403)
	count(403, "Authorization", "Bearer ")
	api.SetToken("right")
	count(200, "Authorization", "Bearer right")
	api.SetToken("")
	count(403, "Authorization", "Bearer right")
}

// What stands once in a message (RFC 9110 5.3, 8.3, 11.6.2) decides nothing when it stands twice: who is in front may go by the other.
func TestFieldsThatStandTwice(t *testing.T) {
	right := http.NewField("Authorization", "Bearer right")
	if why := newGuard("right", false).admit(&http.Head{Fields: http.Fields{right}}, nil); why.failed() {
		t.Error(why)
	}
	for _, other := range []http.Field{right, http.NewField("authorization", "Bearer wrong")} {
		if why := newGuard("right", false).admit(&http.Head{Fields: http.Fields{right, other}}, nil); why != noToken {
			t.Errorf("%s: %v", other.Value, why)
		}
	}
	e, said := &endpoint{takes: []media{mediaJSON}}, http.NewField("Content-Type", "application/json")
	if _, why := e.admitMedia(http.Fields{said}); why.failed() {
		t.Error(why)
	}
	for _, other := range []http.Field{said, http.NewField("Content-Type", "text/plain")} {
		if _, why := e.admitMedia(http.Fields{said, other}); why != wrongMedia {
			t.Errorf("%s: %v", other.Value, why)
		}
	}
}
