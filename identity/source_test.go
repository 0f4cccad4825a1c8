package identity

import (
	"strings"
	"testing"

	"fanloop/codec/http"
)

func head(t testing.TB, target string, fields ...string) *http.Head {
	t.Helper()
	var d http.HeadDecoder
	h, _, err := d.Decode([]byte("GET " + target + " HTTP/1.1\r\nHost: a\r\n" + strings.Join(append(fields, "\r\n"), "\r\n")))
	if err != nil || h == nil {
		t.Fatalf("%s %q: %v", target, fields, err)
	}
	return h
}

func TestFind(t *testing.T) {
	cookie := Sources{Cookie: "session"}
	for _, tt := range []struct {
		s      Sources
		target string
		fields []string
		token  string
		err    error
	}{
		{Sources{}, "/ws", nil, "", ErrNoToken},
		{Sources{}, "/ws?token=a.b.c", nil, "a.b.c", nil},
		{Sources{}, "/ws?x=1&token=a.b.c&y", nil, "a.b.c", nil},
		{Sources{}, "/ws?token=a%2Eb.c", nil, "a.b.c", nil},
		{Sources{}, "/ws?token=%zz", nil, "", nil}, // no token verifies: it is malformed
		{Sources{}, "/ws?token", nil, "", nil},
		{Sources{}, "/ws?Token=a&tokens=b&xtoken=c", nil, "", ErrNoToken},
		{Sources{}, "/ws?token=a&token=a", nil, "", ErrManyTokens},
		{Sources{Query: "jwt"}, "/ws?token=a&jwt=b", nil, "b", nil},
		{Sources{}, "/ws", []string{"Authorization: Bearer a.b.c"}, "a.b.c", nil},
		{Sources{}, "/ws", []string{"Authorization: bearer  a.b.c"}, "a.b.c", nil},
		{Sources{}, "/ws", []string{"Authorization: Basic YTpi"}, "", ErrNoToken},
		{Sources{}, "/ws", []string{"Authorization: Bearer"}, "", nil},
		{Sources{}, "/ws", []string{"Authorization: Bearer a", "Authorization: Bearer a"}, "", ErrManyTokens},
		{Sources{}, "/ws", []string{"Sec-WebSocket-Protocol: fanloop, token.a.b.c"}, "a.b.c", nil},
		{Sources{}, "/ws", []string{"Sec-WebSocket-Protocol: fanloop", "Sec-WebSocket-Protocol: token.a.b.c"}, "a.b.c", nil},
		{Sources{}, "/ws", []string{"Sec-WebSocket-Protocol: fanloop"}, "", ErrNoToken},
		{Sources{}, "/ws", []string{"Sec-WebSocket-Protocol: token.a, token.b"}, "", ErrManyTokens},
		{Sources{Protocol: "jwt."}, "/ws", []string{"Sec-WebSocket-Protocol: chat, jwt.a, token.b"}, "a", nil},
		{Sources{}, "/ws?token=a", []string{"Authorization: Bearer a"}, "", ErrManyTokens},
		{Sources{}, "/ws?token=a", []string{"Sec-WebSocket-Protocol: token.a"}, "", ErrManyTokens},
		{Sources{}, "/ws", []string{"Cookie: token=a; session=b"}, "", ErrNoToken},
		{cookie, "/ws", []string{"Cookie: x=1; session=a.b.c; y=2"}, "a.b.c", nil},
		{cookie, "/ws", []string{"Cookie: x=1", "Cookie: session=a.b.c"}, "a.b.c", nil},
		{cookie, "/ws", []string{"Cookie: xsession=a; session2=b; Session=c"}, "", ErrNoToken},
		{cookie, "/ws", []string{"Cookie: session=a; session=b"}, "", ErrManyTokens},
		{cookie, "/ws?token=q", []string{"Cookie: session=a"}, "q", nil},
		{cookie, "/ws?token=q", []string{"Cookie: session=a; session=b"}, "q", nil},
		{cookie, "/ws", []string{"Cookie: ;;=;session"}, "", nil},
	} {
		token, err := tt.s.Find(head(t, tt.target, tt.fields...))
		if token != tt.token || err != tt.err {
			t.Errorf("%s %q: %q, %v; want %q, %v", tt.target, tt.fields, token, err, tt.token, tt.err)
		}
	}
}

func TestTokenMessage(t *testing.T) {
	for message, want := range map[string]string{
		`{"token":"a.b.c"}`:                             "a.b.c",
		" {\n\"token\" : \"a.b.c\" }\r\n":               "a.b.c",
		`{"token":"\u0061"}`:                            "a",
		`{"token":""}`:                                  "",
		`{"token":"` + strings.Repeat("x", 1000) + `"}`: strings.Repeat("x", 1000),
	} {
		if token, is := TokenMessage([]byte(message), 1000); token != want || !is {
			t.Errorf("%s: %q, %v", message, token, is)
		}
	}
	for _, message := range []string{
		"", "uid1", `"token"`, `{}`, `{"Token":"a"}`, `{"token":7}`, `{"token":null}`, `{"token":["a"]}`, `{"token":"a","uid":"u"}`,
		`{"token":"a"`, `{"token":"a"} {}`, `["token"]`, `{"join":"token"}`, `{"\u0074oken":"a"}`, `{"token":"` + strings.Repeat("x", 1100) + `"}`,
	} {
		if token, is := TokenMessage([]byte(message), 1000); is {
			t.Errorf("%s: %q", message, token)
		}
	}
}

// An ordinary message is told apart without a cost to its connection.
func TestTokenMessageAllocates(t *testing.T) {
	message := []byte(`{"text":"hello, this is what a page says", "to":"u2", "n":7}`)
	if n := testing.AllocsPerRun(100, func() { TokenMessage(message, 8<<10) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
