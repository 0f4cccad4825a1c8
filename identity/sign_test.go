package identity

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The keys of the tests, made once.
type testKeys struct {
	secret  []byte
	rsa     *rsa.PrivateKey
	ec      *ecdsa.PrivateKey
	ed      ed25519.PrivateKey
	other   *ecdsa.PrivateKey
	ecOther *ecdsa.PrivateKey // on another curve
}

var keys = sync.OnceValue(func() (k testKeys) {
	k.secret = []byte("0123456789abcdef0123456789abcdef")
	k.rsa, _ = rsa.GenerateKey(rand.Reader, 2048)
	k.ec, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	k.other, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	k.ecOther, _ = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	_, k.ed, _ = ed25519.GenerateKey(rand.Reader)
	return k
})

func publicPEM(t testing.TB, public any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// jwksOf makes a JWKS of public keys and secrets by their kid.
func jwksOf(t testing.TB, byID map[string]any) []byte {
	t.Helper()
	var all []map[string]any
	for id, material := range byID {
		j := map[string]any{"kid": id, "use": "sig"}
		switch m := material.(type) {
		case []byte:
			maps.Copy(j, map[string]any{"kty": "oct", "k": base64url(m), "alg": "HS256"})
		case *rsa.PublicKey:
			maps.Copy(j, map[string]any{"kty": "RSA", "n": base64url(m.N.Bytes()), "e": base64url(big.NewInt(int64(m.E)).Bytes())})
		case *ecdsa.PublicKey:
			point, _ := m.Bytes()
			half := (len(point) - 1) / 2
			maps.Copy(j, map[string]any{"kty": "EC", "crv": m.Curve.Params().Name, "x": base64url(point[1 : 1+half]), "y": base64url(point[1+half:])})
		case ed25519.PublicKey:
			maps.Copy(j, map[string]any{"kty": "OKP", "crv": "Ed25519", "x": base64url(m)})
		case map[string]any:
			maps.Copy(j, m)
		}
		all = append(all, j)
	}
	data, err := json.Marshal(map[string]any{"keys": all})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// noon is when the tests take place.
var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// with makes claims that are right for an hour from noon, and changes them; nil takes one away.
func with(changes map[string]any) jwt.MapClaims {
	c := jwt.MapClaims{"sub": "u1", "exp": noon.Add(time.Hour).Unix()}
	for name, value := range changes {
		if value == nil {
			delete(c, name)
		} else {
			c[name] = value
		}
	}
	return c
}

// sign makes a token. kid is "" for none.
func sign(t testing.TB, method jwt.SigningMethod, kid string, private any, c jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	if kid != "" {
		token.Header["kid"] = kid
	}
	signed, err := token.SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// raw is a token of any header and payload, signed with HS256 or, without a secret, not at all.
func raw(header, payload string, secret []byte) string {
	text := base64url([]byte(header)) + "." + base64url([]byte(payload))
	if secret == nil {
		return text + "."
	}
	signature, _ := jwt.SigningMethodHS256.Sign(text, secret) // of bytes it cannot fail
	return text + "." + base64url(signature)
}

func mustKeys(t testing.TB, contents ...[]byte) *Keys {
	t.Helper()
	k, err := NewKeys(contents...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
