package identity

import (
	"encoding/json"
	"math"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// claims are what a token says (RFC 7519 4.1).
type claims struct {
	uidName, groupsName string

	expires, notBefore, issuedAt *jwt.NumericDate
	issuer                       string
	audience                     jwt.ClaimStrings
	subject                      string
	identity                     Identity
	wrong                        bool // the identity's
}

var _ jwt.Claims = (*claims)(nil)

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.expires, nil }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return c.issuedAt, nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return c.notBefore, nil }
func (c *claims) GetIssuer() (string, error)                   { return c.issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.subject, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return c.audience, nil }

// UnmarshalJSON reads them. Whether they are true is seen afterwards.
func (c *claims) UnmarshalJSON(data []byte) error {
	if !utf8.Valid(data) {
		return ErrMalformed // two uids could become one
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(data, &all) != nil {
		return ErrMalformed
	}
	for name, to := range map[string]**jwt.NumericDate{"exp": &c.expires, "nbf": &c.notBefore, "iat": &c.issuedAt} {
		if value, there := all[name]; there {
			date, ok := numericDate(value)
			if !ok {
				return ErrMalformed
			}
			*to = date
		}
	}
	if value, there := all["iss"]; there && json.Unmarshal(value, &c.issuer) != nil {
		return ErrMalformed
	}
	if value, there := all["aud"]; there && !c.readAudience(value) {
		return ErrMalformed
	}
	c.identity, c.wrong = identityOf(all[c.uidName], all[c.groupsName])
	return nil
}

// readAudience: one string or several (RFC 7519 4.1.3). An empty list is an audience too: nobody.
func (c *claims) readAudience(value json.RawMessage) bool {
	var one string
	if value[0] == '"' && json.Unmarshal(value, &one) == nil {
		c.audience = jwt.ClaimStrings{one}
		return true
	}
	c.audience = jwt.ClaimStrings{}
	return value[0] == '[' && json.Unmarshal(value, (*[]string)(&c.audience)) == nil
}

// latest is the end of the year 9999.
const latest = 253402300799

// numericDate reads seconds since 1970 (RFC 7519 2).
func numericDate(value json.RawMessage) (*jwt.NumericDate, bool) {
	var n float64
	if value[0] == '"' || value[0] == 'n' || json.Unmarshal(value, &n) != nil || n < 0 || n > latest {
		return nil, false
	}
	seconds, fraction := math.Modf(n)
	return &jwt.NumericDate{Time: time.Unix(int64(seconds), int64(fraction*1e9))}, true
}

// identityOf reads a uid, and groups if there are any. A name is a string or an integer, which is the same as its digits.
func identityOf(uid, groups json.RawMessage) (id Identity, wrong bool) {
	id.UID = name(uid)
	if groups != nil && string(groups) != "null" {
		var all []json.RawMessage
		if json.Unmarshal(groups, &all) != nil || len(all) > maxGroups {
			return Identity{}, true
		}
		for _, g := range all {
			id.Groups = append(id.Groups, name(g))
		}
	}
	return id, !id.valid()
}

// name is "" for what is none.
func name(value json.RawMessage) string {
	var text string
	switch {
	case len(value) == 0:
		return ""
	case value[0] == '"':
		if json.Unmarshal(value, &text) != nil {
			return ""
		}
		return text
	}
	for i, c := range value {
		if (c < '0' || c > '9') && !(i == 0 && c == '-' && len(value) > 1 && value[1] != '0') {
			return ""
		}
	}
	return string(value)
}
