// Package identity tells who a client is: by a signed token (JWT, RFC 7519) that it shows, or by asking the application's back end. It
// stands in front of the callbacks of a websocket.Server and an http.Events, and binds who is let in on a hub.
//
//	keys, err := identity.LoadKeys("jwt.pem")
//	door := &identity.Door{Hub: users, Tokens: &identity.Verifier{Keys: keys, Audience: []string{"push"}}}
//	web.Upgrade("GET /ws", door.Guard(&websocket.Server{OnMessage: ...}))
//	web.Upgrade("/events", door.GuardEvents(&http.Events{}))
//
// Keys and Verifier may be used by any goroutine, without a loop or a hub too. A Door's callbacks run on the connections' loops.
//
// # Which tokens are right
//
// The algorithm is what the key is for, whatever the token says: HS256 for a secret, RS256 for an RSA key, ES256 for one on P-256,
// EdDSA for Ed25519. There is no "none", and no public key is ever taken for a secret. exp has to be there. aud has to name one of
// Verifier.Audience when that is set, and must not be there when it is not (RFC 7519 4.1.3); likewise iss and Issuer. A header with
// crit is refused (RFC 7515 4.1.11).
//
// # Limits
//
// A token has 8 KiB at most, its uid and groups 1,024 bytes each and no more than 1,000 groups; a key file 1 MiB, all of them 64
// keys; a token without kid is tried against the keys of its algorithm when these are 8 or fewer. Checking one takes tens of
// microseconds of the loop.
//
// # What is never written down
//
// No error of this package, and nothing that it logs, has a token, a cookie or a part of one in it.
package identity
