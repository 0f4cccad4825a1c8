package identity

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
)

// jwk is a key of a JWKS (RFC 7517 4, RFC 7518 6, RFC 8037 2).
type jwk struct {
	Type       string   `json:"kty"`
	ID         string   `json:"kid"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	Algorithm  string   `json:"alg"`
	Curve      string   `json:"crv"`
	N          string   `json:"n"`
	E          string   `json:"e"`
	X          string   `json:"x"`
	Y          string   `json:"y"`
	Secret     string   `json:"k"`
	Private    string   `json:"d"`
}

var errJWK = errors.New("a key of the JWKS is malformed")

func parseJWKS(data []byte) (keys []key, err error) {
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil || set.Keys == nil {
		return nil, errors.New("no JWKS: want {\"keys\":[...]}")
	}
	for _, j := range set.Keys {
		if !j.verifies() {
			continue // RFC 7517 5: what is not understood is passed over
		}
		one, err := j.key()
		if err != nil {
			return nil, err
		}
		keys = append(keys, one)
	}
	if len(keys) == 0 {
		return nil, errors.New("no key of the JWKS is for RS256, ES256, EdDSA or HS256")
	}
	return keys, nil
}

// algorithm is the one that the key is for here, "" for none.
func (j *jwk) algorithm() string {
	switch {
	case j.Type == "RSA":
		return "RS256"
	case j.Type == "EC" && j.Curve == "P-256":
		return "ES256"
	case j.Type == "OKP" && j.Curve == "Ed25519":
		return "EdDSA"
	case j.Type == "oct":
		return "HS256"
	}
	return ""
}

// verifies tells whether the key is one to check signatures with, by the algorithm that it is for here.
func (j *jwk) verifies() bool {
	alg := j.algorithm()
	return alg != "" && (j.Algorithm == "" || j.Algorithm == alg) &&
		(j.Use == "" || j.Use == "sig") && (j.Operations == nil || slices.Contains(j.Operations, "verify"))
}

func (j *jwk) key() (key, error) {
	if j.Private != "" {
		return key{}, errors.New("a private key in the JWKS: it belongs to whoever signs")
	}
	material, err := j.material()
	if err != nil {
		return key{}, err
	}
	return newKey(j.ID, material)
}

func (j *jwk) material() (any, error) {
	switch j.Type {
	case "RSA":
		return j.rsa()
	case "EC":
		return j.ec()
	case "OKP":
		x, err := base64.RawURLEncoding.DecodeString(j.X)
		if err != nil || len(x) != ed25519.PublicKeySize {
			return nil, errJWK
		}
		return ed25519.PublicKey(x), nil
	}
	secret, err := base64.RawURLEncoding.DecodeString(j.Secret)
	if err != nil {
		return nil, errJWK
	}
	return secret, nil
}

func (j *jwk) rsa() (any, error) {
	n, errN := base64.RawURLEncoding.DecodeString(j.N)
	e, errE := base64.RawURLEncoding.DecodeString(j.E)
	if errN != nil || errE != nil || len(e) > 4 || len(n) > 2048 {
		return nil, errJWK
	}
	exponent := new(big.Int).SetBytes(e).Int64()
	if exponent < 3 || exponent > 1<<31-1 || exponent%2 == 0 {
		return nil, errJWK
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exponent)}, nil
}

// ec reads a point and sees that it is one of the curve.
func (j *jwk) ec() (any, error) {
	x, errX := base64.RawURLEncoding.DecodeString(j.X)
	y, errY := base64.RawURLEncoding.DecodeString(j.Y)
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
		return nil, errJWK
	}
	point := append(append([]byte{4}, x...), y...) // SEC 1 2.3.3: uncompressed
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, errJWK
	}
	return public, nil
}
