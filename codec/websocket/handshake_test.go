package websocket

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	nethttp "net/http"
	"slices"
	"strings"
	"testing"

	"fanloop/codec/http"
	"fanloop/internal/cut"
)

// opensWith is the example of RFC 6455 1.3, as a browser sends it.
const opensWith = "GET /chat?room=7 HTTP/1.1\r\n" +
	"Host: server.example.com\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Origin: http://Server.Example.com\r\n" +
	"Sec-WebSocket-Protocol: chat, superchat\r\n" +
	"Sec-WebSocket-Version: 13\r\n" +
	"\r\n"

// but is opensWith with one text replaced by another.
func but(old, new string) string {
	if strings.Count(opensWith, old) != 1 {
		panic(old)
	}
	return strings.Replace(opensWith, old, new, 1)
}

// answer reads a handshake in pieces and answers it as a server does that speaks superchat and v2.
func answer(pieces [][]byte) (out []byte, rest []byte, err error) {
	var d http.HeadDecoder
	for i, p := range pieces {
		head, n, err := d.Decode(p)
		if err != nil {
			return refuse(head, err)
		}
		if head == nil {
			continue
		}
		u, err := CheckUpgrade(head)
		if err != nil {
			return refuse(head, err)
		}
		out, err = AppendAccept(nil, u, Accept{Subprotocol: u.Choose("v2", "superchat")})
		return out, slices.Concat(append([][]byte{p[n:]}, pieces[i+1:]...)...), err
	}
	return nil, nil, nil
}

func refuse(to *http.Head, why error) (out, rest []byte, err error) {
	out, err = why.(*http.Refusal).Append(nil, to)
	return out, nil, errors.Join(why, err)
}

const (
	accepted = "HTTP/1.1 101 Switching Protocols\r\n" +
		"Upgrade: websocket\r\n" +
		"Connection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
	superchat = "Sec-WebSocket-Protocol: superchat\r\n"
)

func TestHandshakeAccepted(t *testing.T) {
	for _, test := range []struct{ name, raw, answer, rest string }{
		{"RFC 6455 1.3", opensWith, accepted + superchat, ""},
		{"frames behind it", opensWith + "\x81\x80\x00\x00\x00\x00", accepted + superchat, "\x81\x80\x00\x00\x00\x00"},
		{"no subprotocol", but("Sec-WebSocket-Protocol: chat, superchat\r\n", ""), accepted, ""},
		{"none in common", but("chat, superchat", "chat, SUPERCHAT"), accepted, ""},
		{"the server's order", but("chat, superchat", "superchat,v2"), accepted + "Sec-WebSocket-Protocol: v2\r\n", ""},
		{"lists in lines", but("chat, superchat", "a,,b ,\t\r\nSEC-WEBSOCKET-PROTOCOL: , superchat"), accepted + superchat, ""},
		{"Firefox", but("Connection: Upgrade", "Connection: keep-alive, Upgrade"), accepted + superchat, ""},
		{"options in lines", but("Connection: Upgrade", "Connection: keep-alive\r\nconnection: TE, UPGRADE"), accepted + superchat, ""},
		{"other upgrades too", but("Upgrade: websocket", "Upgrade: h2c, WebSocket"), accepted + superchat, ""},
		{"upgrades in lines", but("Upgrade: websocket", "Upgrade: h2c\r\nUpgrade: websocket"), accepted + superchat, ""},
		{"absolute URI", but("GET /chat?room=7", "GET http://server.example.com/chat"), accepted + superchat, ""},
		{"a higher version of HTTP", but("HTTP/1.1", "HTTP/1.2"), accepted + superchat, ""},
		{"blanks", but("dGhlIHNhbXBsZSBub25jZQ==", " dGhlIHNhbXBsZSBub25jZQ==\t"), accepted + superchat, ""},
		{"extensions", extending("permessage-deflate; client_max_window_bits, x; a=b ; c = \"d\\e\",, y\r\nSec-WebSocket-Extensions: z"), accepted + superchat, ""},
		{"extensions that cannot be", extending("permessage-deflate; server_max_window_bits=99; server_max_window_bits"), accepted + superchat, ""},
		{"no body", but("Origin: ", "Content-Length: 0\r\nOrigin: "), accepted + superchat, ""},
		{"an empty line before", "\r\n" + opensWith, accepted + superchat, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			cut.Every(t, []byte(test.raw), func(t *testing.T, pieces [][]byte) {
				out, rest, err := answer(pieces)
				if string(out) != test.answer+"\r\n" || string(rest) != test.rest || err != nil {
					t.Errorf("answer %q, rest %q, error %v", out, rest, err)
				}
			})
		})
	}
}

func TestHandshakeRefused(t *testing.T) {
	const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for _, test := range []struct {
		name, raw string
		err       error
	}{
		{"POST", but("GET", "POST"), ErrUpgradeMethod},
		{"HEAD", but("GET", "HEAD"), ErrUpgradeMethod},
		{"get", but("GET", "get"), ErrUpgradeMethod},
		{"CONNECT", but("GET /chat?room=7", "CONNECT a:80"), ErrUpgradeMethod},
		{"plain POST", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", ErrUpgradeMethod},
		{"HTTP/1.0", but("HTTP/1.1", "HTTP/1.0"), ErrUpgradeHTTP},
		{"HTTP/2.0", but("HTTP/1.1", "HTTP/2.0"), http.ErrVersion},
		{"no Host", but("Host: server.example.com\r\n", ""), http.ErrHostMissing},
		{"empty Host", but("server.example.com\r\n", "\r\n"), http.ErrHost},

		{"a browser or curl", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", ErrUpgradeRequired},
		{"h2c", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", ErrUpgradeRequired},
		{"unknown protocol", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: totally-made-up/1.0\r\n\r\n", ErrUpgradeRequired},
		{"no Upgrade, no key", strings.Replace(but("Upgrade: websocket\r\n", ""), key, "", 1), ErrUpgradeRequired},
		{"no Upgrade", but("Upgrade: websocket\r\n", ""), ErrUpgradeHalf},
		{"Upgrade with a version", but("Upgrade: websocket", "Upgrade: websocket/13"), ErrUpgradeHalf},
		{"Kelvin sign", but("Upgrade: websocket", "Upgrade: websoc\u212Aet"), ErrUpgradeHalf},
		{"part of a token", but("Upgrade: websocket", "Upgrade: xwebsocket"), ErrUpgradeHalf},
		{"no Connection", but("Connection: Upgrade\r\n", ""), ErrUpgradeHalf},
		{"a proxy's Connection", but("Connection: Upgrade", "Connection: close"), ErrUpgradeHalf},
		{"part of an option", but("Connection: Upgrade", "Connection: Upgrades"), ErrUpgradeHalf},
		{"Upgrade alone", "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", ErrUpgradeHalf},

		{"body", but("Origin: ", "Content-Length: 1\r\nOrigin: "), ErrUpgradeBody},
		{"chunked body", but("Origin: ", "Transfer-Encoding: chunked\r\nOrigin: "), ErrUpgradeBody},

		{"no version", but("Sec-WebSocket-Version: 13\r\n", ""), ErrUpgradeVersion},
		{"an older version", but("Version: 13", "Version: 8"), ErrUpgradeVersion},
		{"a newer version without a key", strings.Replace(but("Version: 13", "Version: 14"), key, "", 1), ErrUpgradeVersion},
		{"leading zero", but("Version: 13", "Version: 013"), ErrUpgradeVersion},
		{"two versions", but("Version: 13", "Version: 13, 8"), ErrUpgradeVersion},
		{"two version lines", but("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13"), ErrUpgradeVersion},
		{"empty version", but("Version: 13", "Version:"), ErrUpgradeVersion},

		{"no key", but(key, ""), ErrUpgradeKey},
		{"empty key", but("dGhlIHNhbXBsZSBub25jZQ==", ""), ErrUpgradeKey},
		{"two keys", but(key, key+key), ErrUpgradeKey},
		{"15 bytes", but("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j"), ErrUpgradeKey},
		{"17 bytes", but("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZTE="), ErrUpgradeKey},
		{"18 bytes", but("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZTEy"), ErrUpgradeKey},
		{"no padding", but("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ"), ErrUpgradeKey},
		{"not of the alphabet", but("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ-=="), ErrUpgradeKey},
		{"padding inside", but("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub2==jZQ="), ErrUpgradeKey},

		{"empty list", but("chat, superchat", ""), ErrUpgradeProtocols},
		{"a list of nothing", but("chat, superchat", ", ,"), ErrUpgradeProtocols},
		{"no token", but("chat, superchat", "chat/1"), ErrUpgradeProtocols},
		{"two words", but("chat, superchat", "chat superchat"), ErrUpgradeProtocols},
		{"not ASCII", but("chat, superchat", "chät"), ErrUpgradeProtocols},
		{"doubled", but("chat, superchat", "chat, superchat, chat"), ErrUpgradeProtocols},
		{"no extension", extending(""), ErrUpgradeExtensions},
		{"a list of no extensions", extending(", ,"), ErrUpgradeExtensions},
		{"an extension without a name", extending("=, permessage-deflate"), ErrUpgradeExtensions},
		{"an extension of two words", extending("permessage deflate"), ErrUpgradeExtensions},
		{"a parameter without a name", extending("permessage-deflate; =1"), ErrUpgradeExtensions},
		{"a parameter without anything", extending("permessage-deflate;"), ErrUpgradeExtensions},
		{"a parameter without its value", extending("permessage-deflate; server_max_window_bits="), ErrUpgradeExtensions},
		{"an empty string", extending("permessage-deflate; server_max_window_bits=\"\""), ErrUpgradeExtensions},
		{"no token in quotes", extending("x; a=\"b c\""), ErrUpgradeExtensions},
		{"a comma in quotes", extending("x; a=\"b, permessage-deflate, c\""), ErrUpgradeExtensions},
		{"half a string", extending("x; a=\"b"), ErrUpgradeExtensions},
		{"a backslash at the end", extending("x; a=\"b\\\""), ErrUpgradeExtensions},
		{"malformed in another line", extending("x\r\nSec-WebSocket-Extensions: ;"), ErrUpgradeExtensions},

		{"doubled over lines", but("chat, superchat", "chat\r\nSec-WebSocket-Protocol: chat"), ErrUpgradeProtocols},
	} {
		t.Run(test.name, func(t *testing.T) {
			cut.Every(t, []byte(test.raw), func(t *testing.T, pieces [][]byte) {
				if _, _, err := answer(pieces); !errors.Is(err, test.err) {
					t.Errorf("got %v, want %v", err, test.err)
				}
			})
		})
	}
}

func extending(extensions string) string {
	return but("Origin: ", "Sec-WebSocket-Extensions: "+extensions+"\r\nOrigin: ")
}

// All 16 keys of a nonce are accepted, each with an answer of its own.
func TestHandshakeKeyBitsLeftOver(t *testing.T) {
	proofs := map[string]bool{}
	for _, last := range "QRSTUVWXYZabcdef" {
		out, _, err := answer([][]byte{[]byte(but("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ"+string(last)+"=="))})
		if err != nil {
			t.Errorf("%c: %v", last, err)
		}
		proofs[string(out)] = true
	}
	if len(proofs) != 16 {
		t.Errorf("%d different answers to 16 keys", len(proofs))
	}
}

func TestHandshakeManyProtocols(t *testing.T) {
	offer := func(n int) []byte {
		var list []string
		for i := range n {
			list = append(list, strings.Repeat("p", i+1))
		}
		return []byte(but("chat, superchat", strings.Join(list, ",")))
	}
	if _, _, err := answer([][]byte{offer(32)}); err != nil {
		t.Errorf("32: %v", err)
	}
	if _, _, err := answer([][]byte{offer(33)}); !errors.Is(err, ErrUpgradeTooManyProtocols) {
		t.Errorf("33: %v", err)
	}
}

// The refusals as a client reads them: with the status, and the fields that go with it.
func TestHandshakeRefusals(t *testing.T) {
	upgrade := []string{"Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Connection", "close, Upgrade"}
	for _, test := range []struct {
		err    *http.Refusal
		status int
		fields []string
	}{
		{ErrUpgradeMethod, 405, []string{"Allow", "GET", "Connection", "close"}},
		{ErrUpgradeHTTP, 400, []string{"Upgrade", "", "Connection", "close"}},
		{ErrUpgradeRequired, 426, upgrade},
		{ErrUpgradeHalf, 400, nil},
		{ErrUpgradeBody, 400, nil},
		{ErrUpgradeVersion, 426, upgrade},
		{ErrUpgradeKey, 400, nil},
		{ErrUpgradeProtocols, 400, nil},
		{ErrUpgradeExtensions, 400, nil},
		{ErrUpgradeTooManyProtocols, 431, nil},
	} {
		out, err := test.err.Append(nil, nil)
		if err != nil {
			t.Fatalf("%v: %v", test.err, err)
		}
		res, err := nethttp.ReadResponse(bufio.NewReader(bytes.NewReader(out)), nil)
		if err != nil {
			t.Fatalf("%v: %v", test.err, err)
		}
		body, err := io.ReadAll(res.Body)
		if res.StatusCode != test.status || !res.Close || len(body) == 0 || err != nil {
			t.Errorf("%v: %s, close %v, body %q, %v", test.err, res.Status, res.Close, body, err)
		}
		for i := 0; i < len(test.fields); i += 2 {
			// ReadResponse removes Connection: close, so that one is looked for in the text.
			if got := res.Header.Get(test.fields[i]); got != test.fields[i+1] &&
				!bytes.Contains(out, []byte("\r\n"+test.fields[i]+": "+test.fields[i+1]+"\r\n")) {
				t.Errorf("%v: %s is %q", test.err, test.fields[i], got)
			}
		}
	}
}
