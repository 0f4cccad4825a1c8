package identity

import (
	"bytes"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

func TestKeyFiles(t *testing.T) {
	k := keys()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "issuer"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.ec.PublicKey, k.ec)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&k.rsa.PublicKey)})
	rs := sign(t, jwt.SigningMethodRS256, "", k.rsa, with(nil))
	es := sign(t, jwt.SigningMethodES256, "", k.ec, with(nil))
	ed := sign(t, jwt.SigningMethodEdDSA, "", k.ed, with(nil))
	hs := sign(t, jwt.SigningMethodHS256, "", k.secret, with(nil))
	both := append(publicPEM(t, k.ed.Public()), publicPEM(t, &k.ec.PublicKey)...)
	for name, tt := range map[string]struct {
		file  []byte
		token string
	}{
		"RSA":                      {publicPEM(t, &k.rsa.PublicKey), rs},
		"RSA's own form":           {pkcs1, rs},
		"text in front":            {append([]byte("the key of the shop:\n\n"), pkcs1...), rs},
		"EC":                       {publicPEM(t, &k.ec.PublicKey), es},
		"certificate":              {certificate, es},
		"Ed25519":                  {publicPEM(t, k.ed.Public()), ed},
		"the first of two":         {both, ed},
		"the second of two":        {both, es},
		"secret":                   {k.secret, hs},
		"secret with a line end":   {append(bytes.Clone(k.secret), "\r\n"...), hs},
		"JWKS":                     {jwksOf(t, map[string]any{"a": k.secret}), hs},
		"JWKS with blanks":         {append([]byte(" \n"), jwksOf(t, map[string]any{"a": k.secret})...), hs},
		"JWKS with what is no use": {jwksOf(t, map[string]any{"a": &k.ec.PublicKey, "b": map[string]any{"kty": "new"}, "c": map[string]any{"kty": "RSA", "use": "enc"}, "d": map[string]any{"kty": "RSA", "alg": "RS512"}, "e": map[string]any{"kty": "oct", "key_ops": []string{"sign"}}, "f": &k.ecOther.PublicKey}), es},
	} {
		set, err := NewKeys(tt.file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := (&Verifier{Keys: set, Now: at(noon)}).Verify(tt.token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeyFilesRefused(t *testing.T) {
	k := keys()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	private, _ := x509.MarshalPKCS8PrivateKey(k.ec)
	der, _ := x509.MarshalPKIXPublicKey(&k.ec.PublicKey)
	rsaDER := x509.MarshalPKCS1PublicKey(&k.rsa.PublicKey)
	good := publicPEM(t, &k.ec.PublicKey)
	off := &k.ec.PublicKey
	point, _ := off.Bytes()
	for name, tt := range map[string]struct {
		file []byte
		says string
	}{
		"empty":                     {nil, "too weak"},
		"short secret":              {[]byte("secret"), "too weak"},
		"secret of 31 bytes":        {append(bytes.Repeat([]byte("a"), 31), '\n'), "too weak"},
		"private key":               {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), "private key"},
		"public key as DER":         {der, "taken for a secret"},
		"public RSA key as DER":     {rsaDER, "taken for a secret"},
		"public key as base64":      {[]byte(base64.StdEncoding.EncodeToString(der)), "taken for a secret"},
		"base64 in lines":           {[]byte(strings.Join([]string{base64.StdEncoding.EncodeToString(der)[:64], base64.StdEncoding.EncodeToString(der)[64:]}, "\n")), "taken for a secret"},
		"OpenSSH's":                 {[]byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1 someone@example.com"), "taken for a secret"},
		"damaged PEM":               {bytes.Replace(good, []byte("-----END"), []byte("----END"), 1), "damaged PEM"},
		"damaged second PEM":        {append(bytes.Clone(good), bytes.Replace(good, []byte("-----END"), []byte("----END"), 1)...), "damaged PEM"},
		"PEM of something else":     {pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: []byte("x")}), "is no key"},
		"PEM of nothing":            {pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")}), "asn1"},
		"weak RSA":                  {publicPEM(t, &weak.PublicKey), "too weak"},
		"another curve":             {publicPEM(t, &k.ecOther.PublicKey), "P-256"},
		"JWKS without keys":         {[]byte(`{"keys":[]}`), "no key of the JWKS"},
		"no JWKS":                   {[]byte(`{"issuer":"https://example.com"}`), "no JWKS"},
		"half a JWKS":               {jwksOf(t, map[string]any{"a": k.secret})[:40], "no JWKS"},
		"a key, not a set":          {[]byte(`[{"kty":"oct"}]`), "no JWKS"},
		"JWKS of the useless":       {jwksOf(t, map[string]any{"f": &k.ecOther.PublicKey}), "no key of the JWKS"},
		"JWKS with a private key":   {jwksOf(t, map[string]any{"a": map[string]any{"kty": "EC", "crv": "P-256", "d": "AA"}}), "private key"},
		"JWKS with a short secret":  {jwksOf(t, map[string]any{"a": []byte("short")}), "too weak"},
		"JWKS with a weak RSA key":  {jwksOf(t, map[string]any{"a": &weak.PublicKey}), "too weak"},
		"JWKS: exponent 1":          {jwksOf(t, map[string]any{"a": map[string]any{"kty": "RSA", "n": base64url(k.rsa.N.Bytes()), "e": "AQ"}}), "malformed"},
		"JWKS: no point":            {jwksOf(t, map[string]any{"a": map[string]any{"kty": "EC", "crv": "P-256", "x": base64url(point[1:33]), "y": base64url(point[1:33])}}), "malformed"},
		"JWKS: half a point":        {jwksOf(t, map[string]any{"a": map[string]any{"kty": "EC", "crv": "P-256", "x": base64url(point[1:33])}}), "malformed"},
		"JWKS: short Ed25519":       {jwksOf(t, map[string]any{"a": map[string]any{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}}), "malformed"},
		"JWKS: secret is no base64": {jwksOf(t, map[string]any{"a": map[string]any{"kty": "oct", "k": "===="}}), "malformed"},
	} {
		if _, err := NewKeys(tt.file); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", name, err, tt.says)
		}
	}
	if off.Curve != elliptic.P256() {
		t.Error("the tests' key is on another curve")
	}
	var many [][]byte
	for range maxKeys + 1 {
		many = append(many, k.secret)
	}
	if _, err := NewKeys(many...); err == nil {
		t.Error("too many keys are taken")
	}
	if _, err := NewKeys(jwksOf(t, map[string]any{"a": k.secret}), jwksOf(t, map[string]any{"a": k.secret})); err == nil {
		t.Error("two keys with one kid are taken")
	}
}

// Files are read again all or nothing.
func TestReload(t *testing.T) {
	k := keys()
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(first, publicPEM(t, &k.ec.PublicKey))
	write(second, k.secret)
	set, err := LoadKeys(first, second)
	if err != nil {
		t.Fatal(err)
	}
	v := &Verifier{Keys: set, Now: at(noon)}
	verifies := func(method jwt.SigningMethod, private any) bool {
		_, err := v.Verify(sign(t, method, "", private, with(nil)))
		return err == nil
	}
	if !verifies(jwt.SigningMethodES256, k.ec) || !verifies(jwt.SigningMethodHS256, k.secret) {
		t.Error("not both keys count")
	}
	write(first, publicPEM(t, &k.other.PublicKey))
	write(second, []byte("short"))
	if err := set.Reload(); err == nil || !strings.Contains(err.Error(), second) || strings.Contains(err.Error(), "short") {
		t.Errorf("a wrong file: %v", err)
	}
	if !verifies(jwt.SigningMethodES256, k.ec) || verifies(jwt.SigningMethodES256, k.other) {
		t.Error("half of the files count")
	}
	write(second, k.secret)
	if err := set.Reload(); err != nil {
		t.Error(err)
	}
	if verifies(jwt.SigningMethodES256, k.ec) || !verifies(jwt.SigningMethodES256, k.other) {
		t.Error("the new file does not count")
	}
	write(second, make([]byte, maxKeyFile+1))
	if err := set.Reload(); err == nil || !strings.Contains(err.Error(), "1 MiB") {
		t.Errorf("a large file: %v", err)
	}
	if _, err := LoadKeys(filepath.Join(dir, "none")); !os.IsNotExist(unwrapped(err)) {
		t.Errorf("no file: %v", err)
	}
	if err := mustKeys(t, k.secret).Reload(); err == nil {
		t.Error("keys without files are read again")
	}
}

func unwrapped(err error) error {
	for {
		next, ok := err.(interface{ Unwrap() error })
		if !ok || os.IsNotExist(err) {
			return err
		}
		err = next.Unwrap()
	}
}
