package websocket

import (
	"slices"
	"testing"

	"fanloop/codec/http"
)

func upgradeOf(t *testing.T, raw string) Upgrade {
	t.Helper()
	head, _, err := new(http.HeadDecoder).Decode([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	u, err := CheckUpgrade(head)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestUpgrade(t *testing.T) {
	u := upgradeOf(t, opensWith)
	var offered []string
	for p := range u.Protocols() {
		offered = append(offered, string(p))
	}
	if !slices.Equal(offered, []string{"chat", "superchat"}) {
		t.Errorf("offered: %q", offered)
	}
	if string(u.Head.Path()) != "/chat" || string(u.Head.Query()) != "room=7" || string(u.Key) != "dGhlIHNhbXBsZSBub25jZQ==" {
		t.Errorf("path %q, query %q, key %q", u.Head.Path(), u.Head.Query(), u.Key)
	}
	for _, test := range []struct {
		supported []string
		want      string
	}{
		{nil, ""}, {[]string{"chat"}, "chat"}, {[]string{"superchat", "chat"}, "superchat"}, {[]string{"x", "chat"}, "chat"},
		{[]string{"Chat", ""}, ""}, {[]string{"cha"}, ""},
	} {
		if got := u.Choose(test.supported...); got != test.want {
			t.Errorf("of %q %q is chosen", test.supported, got)
		}
	}
}

// A head that no decoder has made is checked too.
func TestCheckUpgradeNeedsAHost(t *testing.T) {
	if _, err := CheckUpgrade(&http.Head{Method: []byte("GET"), Target: []byte("/"), Minor: 1}); err != http.ErrHostMissing {
		t.Errorf("%v", err)
	}
}

func TestAppendAccept(t *testing.T) {
	u := upgradeOf(t, opensWith)
	for _, test := range []struct {
		protocol string
		extra    http.Fields
		want     string
		err      error
	}{
		{"", nil, accepted + "\r\n", nil},
		{"chat", http.Fields{http.NewField("Set-Cookie", "a=b"), http.NewField("Set-Cookie", "c=d")},
			accepted + "Sec-WebSocket-Protocol: chat\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n", nil},
		{"other", nil, "", ErrProtocolNotOffered},
		{"chat\r\nA: b", nil, "", ErrProtocolNotOffered},
		{"", http.Fields{http.NewField("A", "b"), http.NewField("C", "d\n")}, "", http.ErrField},
		{"", http.Fields{http.NewField("upgrade", "h2c")}, "", http.ErrReservedField},
		{"", http.Fields{http.NewField("Content-Length", "0")}, "", http.ErrReservedField},
		{"", http.Fields{http.NewField("Sec-Websocket-Extensions", "permessage-deflate")}, "", http.ErrReservedField},
	} {
		out, err := AppendAccept([]byte("-"), u, Accept{Subprotocol: test.protocol, Fields: test.extra})
		if string(out) != "-"+test.want || err != test.err {
			t.Errorf("%q, %v: %q, %v", test.protocol, test.extra, out, err)
		}
	}
}

func TestHandshakeDoesNotAllocate(t *testing.T) {
	raw, buf := []byte(opensWith), make([]byte, 0, 1024)
	var d http.HeadDecoder
	n := testing.AllocsPerRun(100, func() {
		head, _, err := d.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		u, err := CheckUpgrade(head)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := AppendAccept(buf, u, Accept{Subprotocol: u.Choose("superchat")}); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHandshake(b *testing.B) {
	raw, buf := []byte(opensWith), make([]byte, 0, 1024)
	var d http.HeadDecoder
	b.ReportAllocs()
	for b.Loop() {
		head, _, _ := d.Decode(raw)
		u, err := CheckUpgrade(head)
		if err != nil {
			b.Fatal(err)
		}
		buf, _ = AppendAccept(buf[:0], u, Accept{Subprotocol: u.Choose("superchat")})
	}
}
