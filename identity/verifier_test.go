package identity

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// fourKeys has one of each kind in a JWKS.
func fourKeys(t testing.TB) *Keys {
	k := keys()
	return mustKeys(t, jwksOf(t, map[string]any{"hs": k.secret, "rs": &k.rsa.PublicKey, "es": &k.ec.PublicKey, "ed": k.ed.Public()}))
}

func at(now time.Time) func() time.Time { return func() time.Time { return now } }

func TestVerify(t *testing.T) {
	k := keys()
	exp := noon.Add(time.Hour).Unix()
	hs := func(changes map[string]any) string {
		return sign(t, jwt.SigningMethodHS256, "hs", k.secret, with(changes))
	}
	right := Identity{UID: "u1", Expires: noon.Add(time.Hour).Add(5 * time.Second)}
	grouped := right
	grouped.Groups = []string{"a", "7"}
	numbered := right
	numbered.UID = "90071992547409931"
	header := `{"alg":"HS256","kid":"hs"}`
	payload := fmt.Sprintf(`{"sub":"u1","exp":%d}`, exp)

	for _, tt := range []struct {
		name  string
		token string
		want  Identity
		err   error
	}{
		{"HS256", hs(nil), right, nil},
		{"RS256", sign(t, jwt.SigningMethodRS256, "rs", k.rsa, with(nil)), right, nil},
		{"ES256", sign(t, jwt.SigningMethodES256, "es", k.ec, with(nil)), right, nil},
		{"EdDSA", sign(t, jwt.SigningMethodEdDSA, "ed", k.ed, with(nil)), right, nil},
		{"without kid", sign(t, jwt.SigningMethodES256, "", k.ec, with(nil)), right, nil},
		{"groups", hs(map[string]any{"groups": []any{"a", 7}}), grouped, nil},
		{"no groups", hs(map[string]any{"groups": []any{}}), right, nil},
		{"an integer as uid", raw(header, fmt.Sprintf(`{"sub":90071992547409931,"exp":%d}`, exp), k.secret), numbered, nil},
		{"a fraction of a second", raw(header, fmt.Sprintf(`{"sub":"u1","exp":%d.5}`, exp), k.secret), Identity{UID: "u1", Expires: right.Expires.Add(time.Second / 2)}, nil},
		{"nbf has come", hs(map[string]any{"nbf": noon.Unix()}), right, nil},
		{"nbf within the leeway", hs(map[string]any{"nbf": noon.Unix() + 5}), right, nil},
		{"exp within the leeway", hs(map[string]any{"exp": noon.Unix() - 4}), Identity{UID: "u1", Expires: noon.Add(time.Second)}, nil},

		{"expired", hs(map[string]any{"exp": noon.Unix() - 5}), Identity{}, ErrExpired},
		{"expired long ago", hs(map[string]any{"exp": 1}), Identity{}, ErrExpired},
		{"without exp", hs(map[string]any{"exp": nil}), Identity{}, ErrExpired},
		{"not yet valid", hs(map[string]any{"nbf": noon.Unix() + 6}), Identity{}, ErrNotYet},
		{"for somebody else", hs(map[string]any{"aud": "bank"}), Identity{}, ErrAudience},
		{"for nobody", hs(map[string]any{"aud": []string{}}), Identity{}, ErrAudience},

		{"none", raw(`{"alg":"none"}`, payload, nil), Identity{}, ErrAlgorithm},
		{"none with a kid", raw(`{"alg":"none","kid":"hs"}`, payload, nil), Identity{}, ErrAlgorithm},
		{"None", raw(`{"alg":"None","kid":"hs"}`, payload, nil), Identity{}, ErrAlgorithm},
		{"none, but signed", raw(`{"alg":"none","kid":"hs"}`, payload, k.secret), Identity{}, ErrAlgorithm},
		{"no alg", raw(`{"kid":"hs"}`, payload, k.secret), Identity{}, ErrAlgorithm},
		{"alg is a number", raw(`{"alg":256,"kid":"hs"}`, payload, k.secret), Identity{}, ErrAlgorithm},
		{"HS384", sign(t, jwt.SigningMethodHS384, "hs", k.secret, with(nil)), Identity{}, ErrAlgorithm},
		{"PS256", sign(t, jwt.SigningMethodPS256, "rs", k.rsa, with(nil)), Identity{}, ErrAlgorithm},
		{"HS256 with the RSA key as secret", sign(t, jwt.SigningMethodHS256, "rs", publicPEM(t, &k.rsa.PublicKey), with(nil)), Identity{}, ErrAlgorithm},
		{"HS256 with the RSA key's numbers", sign(t, jwt.SigningMethodHS256, "rs", k.rsa.N.Bytes(), with(nil)), Identity{}, ErrAlgorithm},
		{"HS256 with the Ed25519 key", sign(t, jwt.SigningMethodHS256, "ed", []byte(k.ed[32:]), with(nil)), Identity{}, ErrAlgorithm},
		{"RS256 with the secret's kid", sign(t, jwt.SigningMethodRS256, "hs", k.rsa, with(nil)), Identity{}, ErrAlgorithm},
		{"EdDSA with the EC key's kid", sign(t, jwt.SigningMethodEdDSA, "es", k.ed, with(nil)), Identity{}, ErrAlgorithm},

		{"another key of that kind", sign(t, jwt.SigningMethodES256, "es", k.other, with(nil)), Identity{}, ErrSignature},
		{"another key, no kid", sign(t, jwt.SigningMethodES256, "", k.other, with(nil)), Identity{}, ErrSignature},
		{"unknown kid", sign(t, jwt.SigningMethodES256, "old", k.ec, with(nil)), Identity{}, ErrKey},
		{"another secret", sign(t, jwt.SigningMethodHS256, "hs", []byte("x"), with(nil)), Identity{}, ErrSignature},
		{"an empty secret", sign(t, jwt.SigningMethodHS256, "hs", []byte{}, with(nil)), Identity{}, ErrSignature},
		{"no signature", strings.TrimRight(hs(nil), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"), Identity{}, ErrSignature},
		{"another payload", raw(header, `{"sub":"admin","exp":9999999999}`, []byte("0123456789abcdef0123456789abcdeX")), Identity{}, ErrSignature},
		{"expired, and not signed", raw(header, `{"sub":"u1","exp":1}`, []byte("x")), Identity{}, ErrSignature},

		{"kid is a number", raw(`{"alg":"HS256","kid":7}`, payload, k.secret), Identity{}, ErrMalformed},
		{"crit", raw(`{"alg":"HS256","kid":"hs","crit":["b64"],"b64":false}`, payload, k.secret), Identity{}, ErrMalformed},
		{"the key brought along", raw(`{"alg":"HS256","jwk":{"kty":"oct","k":"eA"}}`, payload, []byte("x")), Identity{}, ErrSignature},
		{"exp is a string", raw(header, `{"sub":"u1","exp":"9999999999"}`, k.secret), Identity{}, ErrMalformed},
		{"exp is null", raw(header, `{"sub":"u1","exp":null}`, k.secret), Identity{}, ErrMalformed},
		{"exp beyond all time", raw(header, `{"sub":"u1","exp":1e300}`, k.secret), Identity{}, ErrMalformed},
		{"exp below zero", raw(header, `{"sub":"u1","exp":-1}`, k.secret), Identity{}, ErrMalformed},
		{"nbf is an object", raw(header, fmt.Sprintf(`{"sub":"u1","exp":%d,"nbf":{}}`, exp), k.secret), Identity{}, ErrMalformed},
		{"aud is a number", raw(header, fmt.Sprintf(`{"sub":"u1","exp":%d,"aud":7}`, exp), k.secret), Identity{}, ErrMalformed},
		{"claims are a list", raw(header, `[]`, k.secret), Identity{}, ErrMalformed},
		{"claims are null", raw(header, `null`, k.secret), Identity{}, ErrExpired},
		{"not UTF-8", raw(header, fmt.Sprintf("{\"sub\":\"u\xff\",\"exp\":%d}", exp), k.secret), Identity{}, ErrMalformed},
		{"no JSON", raw(header, `{`, k.secret), Identity{}, ErrMalformed},
		{"header is null", raw(`null`, payload, k.secret), Identity{}, ErrAlgorithm},
		{"empty", "", Identity{}, ErrMalformed},
		{"two parts", "a.b", Identity{}, ErrMalformed},
		{"four parts", hs(nil) + ".a", Identity{}, ErrMalformed},
		{"padded", hs(nil) + "=", Identity{}, ErrMalformed},
		{"blank behind", hs(nil) + " ", Identity{}, ErrMalformed},
		{"encrypted, five parts", "a.b.c.d.e", Identity{}, ErrMalformed},
		{"too long", hs(map[string]any{"sub": strings.Repeat("x", 8<<10)}), Identity{}, ErrTokenSize},

		{"without a uid", hs(map[string]any{"sub": nil}), Identity{}, ErrUID},
		{"an empty uid", hs(map[string]any{"sub": ""}), Identity{}, ErrUID},
		{"a uid too long", hs(map[string]any{"sub": strings.Repeat("x", 1025)}), Identity{}, ErrUID},
		{"a uid of another kind", hs(map[string]any{"sub": []string{"u1"}}), Identity{}, ErrUID},
		{"a fraction as uid", hs(map[string]any{"sub": 1.5}), Identity{}, ErrUID},
		{"an empty group", hs(map[string]any{"groups": []string{"a", ""}}), Identity{}, ErrUID},
		{"groups are a string", hs(map[string]any{"groups": "a b"}), Identity{}, ErrUID},
		{"a group of another kind", hs(map[string]any{"groups": []any{true}}), Identity{}, ErrUID},
	} {
		v := &Verifier{Keys: fourKeys(t), Now: at(noon)}
		got, err := v.Verify(tt.token)
		got.Expires = got.Expires.UTC()
		if tt.err != nil {
			got.Expires = time.Time{}
		}
		if len(got.Groups) == 0 {
			got.Groups = nil
		}
		if err != tt.err || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, %v; want %+v, %v", tt.name, got, err, tt.want, tt.err)
		}
	}
}

func TestVerifyOptions(t *testing.T) {
	k := keys()
	one := mustKeys(t, k.secret)
	hs := func(changes map[string]any) string {
		return sign(t, jwt.SigningMethodHS256, "", k.secret, with(changes))
	}
	for _, tt := range []struct {
		name  string
		v     *Verifier
		token string
		err   error
	}{
		{"the audience", &Verifier{Audience: []string{"push", "chat"}}, hs(map[string]any{"aud": "chat"}), nil},
		{"one of the audiences", &Verifier{Audience: []string{"push"}}, hs(map[string]any{"aud": []string{"bank", "push"}}), nil},
		{"wrong audience", &Verifier{Audience: []string{"push"}}, hs(map[string]any{"aud": "pushy"}), ErrAudience},
		{"no audience", &Verifier{Audience: []string{"push"}}, hs(nil), ErrAudience},
		{"an empty audience", &Verifier{Audience: []string{"push"}}, hs(map[string]any{"aud": []string{}}), ErrAudience},
		{"the issuer", &Verifier{Issuer: "https://a.example"}, hs(map[string]any{"iss": "https://a.example"}), nil},
		{"wrong issuer", &Verifier{Issuer: "https://a.example"}, hs(map[string]any{"iss": "https://a.example/"}), ErrIssuer},
		{"no issuer", &Verifier{Issuer: "https://a.example"}, hs(nil), ErrIssuer},
		{"another claim", &Verifier{UIDClaim: "user", GroupsClaim: "rooms"}, hs(map[string]any{"user": 7, "sub": nil, "rooms": []string{"r"}}), nil},
		{"another claim is missing", &Verifier{UIDClaim: "user"}, hs(nil), ErrUID},
		{"no leeway", &Verifier{Leeway: -1}, hs(map[string]any{"exp": noon.Unix()}), ErrExpired},
		{"no leeway, still valid", &Verifier{Leeway: -1}, hs(map[string]any{"exp": noon.Unix() + 1}), nil},
		{"much leeway", &Verifier{Leeway: time.Minute}, hs(map[string]any{"exp": noon.Unix() - 59, "nbf": noon.Unix() + 59}), nil},
		{"short tokens only", &Verifier{MaxToken: 64}, hs(nil), ErrTokenSize},
		{"no keys", &Verifier{Keys: new(Keys)}, hs(nil), ErrKey},
		{"any kid, with a key that has none", &Verifier{}, sign(t, jwt.SigningMethodHS256, "x", k.secret, with(nil)), nil},
	} {
		tt.v.Now = at(noon)
		if tt.v.Keys == nil {
			tt.v.Keys = one
		}
		if _, err := tt.v.Verify(tt.token); err != tt.err {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.err)
		}
	}
}

// A key is rotated: for a while there are both, then the old one is gone, and tokens that it has signed with it.
func TestKeyRotation(t *testing.T) {
	k := keys()
	set := mustKeys(t, jwksOf(t, map[string]any{"2029": &k.ec.PublicKey}))
	v := &Verifier{Keys: set, Now: at(noon)}
	old := sign(t, jwt.SigningMethodES256, "2029", k.ec, with(nil))
	new := sign(t, jwt.SigningMethodES256, "2030", k.other, with(nil))
	expect := func(oldErr, newErr error) {
		t.Helper()
		if _, err := v.Verify(old); err != oldErr {
			t.Errorf("the old key's: %v, want %v", err, oldErr)
		}
		if _, err := v.Verify(new); err != newErr {
			t.Errorf("the new key's: %v, want %v", err, newErr)
		}
	}
	expect(nil, ErrKey)
	if err := set.Set(jwksOf(t, map[string]any{"2029": &k.ec.PublicKey, "2030": &k.other.PublicKey})); err != nil {
		t.Fatal(err)
	}
	expect(nil, nil)
	if err := set.Set([]byte(`{"keys":[]}`)); err == nil {
		t.Error("no keys at all are taken")
	}
	expect(nil, nil)
	if err := set.Set(jwksOf(t, map[string]any{"2030": &k.other.PublicKey})); err != nil {
		t.Fatal(err)
	}
	expect(ErrKey, nil)
}

// A token without kid is not tried against any number of keys.
func TestManyKeysNeedAKid(t *testing.T) {
	k := keys()
	byID := map[string]any{"right": &k.ec.PublicKey}
	for i := range maxTried {
		byID[fmt.Sprint(i)] = &k.other.PublicKey
	}
	v := &Verifier{Keys: mustKeys(t, jwksOf(t, byID)), Now: at(noon)}
	if _, err := v.Verify(sign(t, jwt.SigningMethodES256, "", k.ec, with(nil))); err != ErrKey {
		t.Error(err)
	}
	if _, err := v.Verify(sign(t, jwt.SigningMethodES256, "right", k.ec, with(nil))); err != nil {
		t.Error(err)
	}
}

func BenchmarkVerify(b *testing.B) {
	k := keys()
	for _, one := range []struct {
		method  jwt.SigningMethod
		private any
	}{{jwt.SigningMethodHS256, k.secret}, {jwt.SigningMethodRS256, k.rsa}, {jwt.SigningMethodES256, k.ec}, {jwt.SigningMethodEdDSA, k.ed}} {
		v := &Verifier{Keys: fourKeys(b), Now: at(noon)}
		token := sign(b, one.method, "", one.private, with(nil))
		b.Run(one.method.Alg(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
