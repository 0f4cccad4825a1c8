package identity

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Verifier checks tokens. Its fields are set before it is used and not changed afterwards; but for Keys each may be left out. Any
// goroutine may use it.
type Verifier struct {
	Keys *Keys
	// Audience are those whom tokens may be for: one of them has to be in aud. Without any, a token that has aud is not for this server.
	Audience []string
	// Issuer is whom tokens come from, as iss says. "": anybody who has the key.
	Issuer string
	// Leeway is how far the clocks may be apart. Default 5 s; less than 0: none.
	Leeway time.Duration
	// UIDClaim is the claim that has the uid, a string or an integer. Default "sub".
	UIDClaim string
	// GroupsClaim is the claim that has the groups, a list of such. Default "groups"; it may be missing in a token.
	GroupsClaim string
	// MaxToken is the longest token that is looked at, in bytes. Default 8 KiB.
	MaxToken int
	// Now is the clock. Default time.Now.
	Now func() time.Time

	once   sync.Once
	parser *jwt.Parser
}

func (v *Verifier) maxToken() int {
	if v.MaxToken > 0 {
		return v.MaxToken
	}
	return 8 << 10
}

func (v *Verifier) leeway() time.Duration {
	switch {
	case v.Leeway < 0:
		return 0
	case v.Leeway == 0:
		return 5 * time.Second
	}
	return v.Leeway
}

func (v *Verifier) now() time.Time {
	if v.Now != nil {
		return v.Now()
	}
	return time.Now()
}

// methods are the algorithms that are taken at all.
var methods = []string{"HS256", "RS256", "ES256", "EdDSA"}

func (v *Verifier) makeParser() {
	options := []jwt.ParserOption{
		jwt.WithValidMethods(methods), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(),
		jwt.WithLeeway(v.leeway()), jwt.WithTimeFunc(v.now),
	}
	if len(v.Audience) > 0 {
		options = append(options, jwt.WithAudience(v.Audience...))
	}
	if v.Issuer != "" {
		options = append(options, jwt.WithIssuer(v.Issuer))
	}
	v.parser = jwt.NewParser(options...)
}

// Verify tells whose token it is, and until when, Leeway included. The error is one of the Err values of this package.
func (v *Verifier) Verify(token string) (Identity, error) {
	if len(token) > v.maxToken() {
		return Identity{}, ErrTokenSize
	}
	v.once.Do(v.makeParser)
	c := &claims{uidName: orElse(v.UIDClaim, "sub"), groupsName: orElse(v.GroupsClaim, "groups")}
	parsed, err := v.parser.ParseWithClaims(token, c, v.keysFor)
	switch {
	case err != nil:
		return Identity{}, v.why(parsed, c, err)
	case len(v.Audience) == 0 && c.audience != nil:
		return Identity{}, ErrAudience
	case c.wrong:
		return Identity{}, ErrUID
	}
	c.identity.Expires = c.expires.Add(v.leeway())
	return c.identity, nil
}

func orElse(s, standard string) string {
	if s != "" {
		return s
	}
	return standard
}

// keysFor is asked before the signature is looked at.
func (v *Verifier) keysFor(token *jwt.Token) (any, error) {
	if _, critical := token.Header["crit"]; critical {
		return nil, ErrMalformed
	}
	id, isString := token.Header["kid"].(string)
	if _, there := token.Header["kid"]; there && !isString {
		return nil, ErrMalformed
	}
	keys, err := v.Keys.candidates(id, token.Method)
	return jwt.VerificationKeySet{Keys: keys}, err
}

// why is one of our errors for one of the library's.
func (v *Verifier) why(token *jwt.Token, c *claims, err error) error {
	if errors.Is(err, jwt.ErrTokenUnverifiable) || errors.Is(err, jwt.ErrTokenSignatureInvalid) {
		if token == nil || token.Method == nil || !slices.Contains(methods, token.Method.Alg()) {
			return ErrAlgorithm
		}
	}
	for _, one := range causes {
		if errors.Is(err, one.library) {
			return one.ours
		}
	}
	switch {
	case !errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return ErrMalformed
	case c.expires == nil:
		return ErrExpired
	case len(v.Audience) > 0 && !slices.ContainsFunc(c.audience, func(a string) bool { return a != "" }):
		return ErrAudience
	}
	return ErrIssuer
}

// causes are in the order in which they count when there are several.
var causes = []struct{ library, ours error }{
	{ErrMalformed, ErrMalformed}, {ErrAlgorithm, ErrAlgorithm}, {ErrKey, ErrKey}, // of keysFor
	{jwt.ErrTokenMalformed, ErrMalformed},
	{jwt.ErrTokenSignatureInvalid, ErrSignature},
	{jwt.ErrTokenExpired, ErrExpired},
	{jwt.ErrTokenNotValidYet, ErrNotYet},
	{jwt.ErrTokenInvalidAudience, ErrAudience},
	{jwt.ErrTokenInvalidIssuer, ErrIssuer},
}
