package websocket

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"io"
	nethttp "net/http"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"fanloop/codec/http"
	"fanloop/internal/cut"
)

// FuzzHandshake: however the request is cut, the answer is that to the whole; an answer is one that net/http reads; and
// what is accepted, gobwas/ws accepts with the same key (see sameAsGobwas for the differences).
func FuzzHandshake(f *testing.F) {
	f.Add([]byte(opensWith), []byte{7})
	f.Add([]byte(but("Connection: Upgrade", "Connection: keep-alive, Upgrade")+"\x81\x80abcd"), []byte{1, 100})
	f.Add([]byte(but("Upgrade: websocket\r\n", "")), []byte{30})
	f.Add([]byte(but("Version: 13", "Version: 8")), []byte{})
	f.Add([]byte(but("chat, superchat", "a,b\r\nSec-WebSocket-Protocol: v2")), []byte{2})
	f.Add([]byte("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"), []byte{9})
	f.Fuzz(func(t *testing.T, raw, widths []byte) {
		out, rest, err := answer([][]byte{bytes.Clone(raw)})
		cutOut, cutRest, cutErr := answer(cut.At(raw, widths))
		if !bytes.Equal(out, cutOut) || !bytes.Equal(rest, cutRest) || (err == nil) != (cutErr == nil) {
			t.Fatalf("%q\nwhole:    %q %q %v\nin parts: %q %q %v", raw, out, rest, err, cutOut, cutRest, cutErr)
		}
		if out == nil {
			return
		}
		res, readErr := nethttp.ReadResponse(bufio.NewReader(bytes.NewReader(out)), nil)
		if readErr != nil || (res.StatusCode == 101) != (err == nil) {
			t.Fatalf("%q is answered %q: %v, %v", raw, out, err, readErr)
		}
		if err == nil {
			sameAsGobwas(t, raw[:len(raw)-len(rest)], res.Header)
		}
	})
}

// sameAsGobwas gives the handshake to ws.Upgrader. It does not know these, which RFC 9112 and 9110 have:
//
//   - An empty line before the request (RFC 9112 2.2).
//   - Upgrade as a list, and over several lines; Connection over several lines, of which each would have to have the
//     option, or with elements that are empty or no tokens (RFC 9110 5.3, 5.6.1.2).
func sameAsGobwas(t *testing.T, raw []byte, header nethttp.Header) {
	t.Helper()
	h, _, err := new(http.HeadDecoder).Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	key := string(h.Fields.Get("Sec-WebSocket-Key"))
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	accept := header.Get("Sec-WebSocket-Accept")
	if accept != base64.StdEncoding.EncodeToString(sum[:]) {
		t.Errorf("the key %q is answered with %q", key, accept)
	}
	if !strings.EqualFold(string(h.Fields.Get("Upgrade")), "websocket") || h.Fields.Count("Upgrade") > 1 || raw[0] == '\r' {
		return
	}
	if options := string(h.Fields.Get("Connection")); !strings.EqualFold(options, "upgrade") && options != "keep-alive, Upgrade" ||
		h.Fields.Count("Connection") > 1 {
		return
	}
	var out bytes.Buffer
	if _, err := (ws.Upgrader{}).Upgrade(struct {
		io.Reader
		io.Writer
	}{bytes.NewReader(raw), &out}); err != nil {
		t.Errorf("gobwas/ws refuses %q: %v", raw, err)
	}
	if !strings.Contains(out.String(), accept) {
		t.Errorf("%q is answered with the key %q, by gobwas/ws with %q", raw, accept, out.String())
	}
}
