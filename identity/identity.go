package identity

import (
	"errors"
	"time"
)

// Identity is who a client is.
type Identity struct {
	UID string
	// Groups are those that it is put into. It may be in others, by the back end's word.
	Groups []string
	// Expires is when that ends; the zero time is never.
	Expires time.Time
}

// maxName and maxGroups are the limits of a hub's default options.
const (
	maxName   = 1024
	maxGroups = 1000
)

// valid tells whether a hub takes it.
func (id *Identity) valid() bool {
	if !isName(id.UID) || len(id.Groups) > maxGroups {
		return false
	}
	for _, g := range id.Groups {
		if !isName(g) {
			return false
		}
	}
	return true
}

func isName(s string) bool { return s != "" && len(s) <= maxName }

// Why a token is not taken. The errors say nothing of the token itself.
var (
	// ErrNoToken: there is none where one may stand.
	ErrNoToken = errors.New("identity: no token")
	// ErrManyTokens: there are several, of which only one could be meant.
	ErrManyTokens = errors.New("identity: more than one token")
	// ErrTokenSize: it is longer than Verifier.MaxToken.
	ErrTokenSize = errors.New("identity: the token is too long")
	// ErrMalformed: it is no JWT, or a claim is not what it has to be, or there are words in its header that have to be understood.
	ErrMalformed = errors.New("identity: the token is malformed")
	// ErrAlgorithm: its algorithm is not its key's, or none that is taken here.
	ErrAlgorithm = errors.New("identity: the token's algorithm is not taken")
	// ErrKey: there is no key for it.
	ErrKey = errors.New("identity: the token's key is unknown")
	// ErrSignature: it has not been signed with its key.
	ErrSignature = errors.New("identity: the token's signature is wrong")
	// ErrExpired: its exp has passed, or it has none.
	ErrExpired = errors.New("identity: the token has expired")
	// ErrNotYet: its nbf is still to come.
	ErrNotYet = errors.New("identity: the token is not valid yet")
	// ErrAudience: it is for somebody else.
	ErrAudience = errors.New("identity: the token is for another audience")
	// ErrIssuer: it comes from somebody else.
	ErrIssuer = errors.New("identity: the token is from another issuer")
	// ErrOtherUID: a fresh token is for another uid than the connection is bound to.
	ErrOtherUID = errors.New("identity: the token is another user's")
	// ErrUID: its uid, or its groups, are missing or not what a hub takes.
	ErrUID = errors.New("identity: the token has no valid uid or groups")
)
