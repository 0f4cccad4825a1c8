//go:build linux

package hubapi

import (
	"strings"
	"testing"

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
