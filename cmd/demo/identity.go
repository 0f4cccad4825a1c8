package main

import (
	"errors"
	"flag"
	"net/url"
	"slices"
	"time"

	"fanloop/cmd/demo/internal/config"
	"fanloop/codec/http"
	"fanloop/identity"
)

// identityOptions are what is said of who pages are.
type identityOptions struct {
	origins   []string // whose pages may connect; none: those of the same host
	jwtKeys   []string // files
	audience  []string
	issuer    string
	uidClaim  string
	groups    string // the claim
	cookie    string // that has the token
	leeway    time.Duration
	authURL   string // of the back end that is asked
	authTime  time.Duration
	authCache time.Duration
}

func standardIdentity() identityOptions {
	return identityOptions{uidClaim: "sub", groups: "groups", leeway: 5 * time.Second, authTime: 3 * time.Second, authCache: 10 * time.Second}
}

func (o *identityOptions) addFlags(flags *flag.FlagSet) {
	flags.Var(config.List(&o.origins, parsePages), "origin", "")
	flags.Var(config.Strings(&o.jwtKeys), "jwt-key", "")
	flags.Var(config.Strings(&o.audience), "jwt-audience", "")
	flags.Var(config.String(&o.issuer), "jwt-issuer", "")
	flags.Var(config.String(&o.uidClaim), "jwt-uid", "")
	flags.Var(config.String(&o.groups), "jwt-groups", "")
	flags.Var(config.String(&o.cookie), "jwt-cookie", "")
	flags.Var(config.PeriodOrOff(&o.leeway), "jwt-leeway", "")
	flags.Var(config.Secret(&o.authURL), "auth-url", "")
	flags.Var(config.Period(&o.authTime), "auth-timeout", "")
	flags.Var(config.PeriodOrOff(&o.authCache), "auth-cache", "")
}

// parsePages takes what http.Origins does.
func parsePages(s string) (string, error) {
	if (http.Origins{s}).Check() != nil {
		return "", errors.New("want an origin, such as https://www.example.com or https://*.example.com, or same-host, null or *")
	}
	return s, nil
}

// asks tells whether pages have to show who they are.
func (o *identityOptions) asks() bool { return len(o.jwtKeys) > 0 || o.authURL != "" }

// needsToken tells whether back ends have to show the token on a port.
func needsToken(e endpoint, p portOptions) bool {
	return forOthers(e, p) && (!forBackEndsOverTLS.are(e) || p.tlsClientCA == "")
}

// forOthers tells whether others than this machine can reach a port, through a proxy too.
func forOthers(e endpoint, p portOptions) bool { return e.beyondLoopback() || p.proxy }

// checkIdentity finds what contradicts itself.
func (o *options) checkIdentity() {
	i := &o.identity
	wrong := func(name, text string) { o.reading.Problem(name, errors.New(text)) }
	u, err := url.Parse(i.authURL)
	switch {
	case i.authURL == "":
	case len(i.jwtKeys) > 0:
		wrong("auth-url", "either the back end says who a page is, or a token does: it is in place of jwt-key")
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		wrong("auth-url", "want a URL, such as http://127.0.0.1:8000/auth")
	}
	if len(i.jwtKeys) > 0 {
		return
	}
	standard := standardIdentity()
	for _, of := range []struct {
		name  string
		given bool
	}{
		{"jwt-audience", len(i.audience) > 0}, {"jwt-issuer", i.issuer != ""}, {"jwt-cookie", i.cookie != ""},
		{"jwt-uid", i.uidClaim != standard.uidClaim}, {"jwt-groups", i.groups != standard.groups},
	} {
		if of.given {
			wrong(of.name, "without jwt-key there are no tokens")
		}
	}
}

// readJWTKeys is nil without any.
func (o *options) readJWTKeys() *identity.Keys {
	if len(o.identity.jwtKeys) == 0 {
		return nil
	}
	keys, err := identity.LoadKeys(slices.Clone(o.identity.jwtKeys)...)
	if err != nil {
		o.reading.Problem("jwt-key", err)
		return nil
	}
	return keys
}
