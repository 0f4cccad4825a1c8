//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/gobwas/ws"

	"fanloop/internal/ambiguous"
)

var (
	lineEnds = []string{"text", "texts"}
	webs     = []string{"http", "https"}
	sockets  = []string{"websocket", "wss", "http", "https"}
	anywhere = []string{"websocket", "wss", "http", "https", "text", "texts"}
	secured  = []string{"wss", "https", "texts"}
)

const opening = "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

var rudenesses = []rudeness{
	{"random bytes", anywhere, randomBytes, false, false},
	{"smuggled requests", webs, smuggled, true, false},
	{"a head without end", sockets, fixed("GET / HTTP/1.1\r\nHost: localhost\r\nX: ", strings.Repeat("x", 80<<10)), false, false},
	{"too large a head", sockets, refused("GET / HTTP/1.1\r\nHost: localhost\r\nX: "+strings.Repeat("x", 80<<10)+"\r\n\r\n", "431"), true, false},
	{"too many fields", sockets, refused("GET / HTTP/1.1\r\nHost: localhost\r\n"+strings.Repeat("X: y\r\n", 5000)+"\r\n", "431"), true, false},
	{"too long a target", sockets, refused("GET /"+strings.Repeat("x", 80<<10)+" HTTP/1.1\r\nHost: localhost\r\n\r\n", "414"), true, false},
	{"too large a body", webs, refused("POST /push HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 999999999999\r\n\r\n", "413"), true, false},
	{"requests whose answers nobody reads", webs, fixed(strings.Repeat("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 1000)), false, false},
	{"a line end in a uid", webs, fixed("GET /events?uid=a%0d%0atime=1%20level=ERROR&group=b%0a%00 HTTP/1.1\r\nHost: localhost\r\n\r\n"), false, false},
	{"half a handshake", sockets, fixed(opening[:len(opening)-20]), false, false},
	{"a line end in a uid, by WebSocket", sockets, frames(frame(ws.OpText, "a\r\ntime=1 level=ERROR\x00\x1b[2J")), false, false},
	{"a frame without mask", sockets, broken(1002, []byte("\x81\x02hi")), true, false},
	{"reserved bits", sockets, broken(1002, first(0xf1, frame(ws.OpText, "hi"))), true, false},
	{"an unknown opcode", sockets, broken(1002, first(0x83, frame(ws.OpText, "hi"))), true, false},
	{"bad UTF-8", sockets, broken(1007, frame(ws.OpText, "\xc0\xaf")), true, false},
	{"half a character", sockets, broken(1007, frame(ws.OpText, "\xe4\xb8")), true, false},
	{"a continuation of nothing", sockets, broken(1002, frame(ws.OpContinuation, "hi")), true, false},
	{"a message within a message", sockets, broken(1002, first(0x01, frame(ws.OpText, "a")), frame(ws.OpText, "b")), true, false},
	{"a Ping in pieces", sockets, broken(1002, first(0x09, frame(ws.OpPing, "hi"))), true, false},
	{"a Ping that is too long", sockets, broken(1002, frame(ws.OpPing, strings.Repeat("x", 126))), true, false},
	{"a code that nobody may send", sockets, broken(1002, frame(ws.OpClose, "\x03\xee")), true, false},
	{"half a code", sockets, broken(1002, frame(ws.OpClose, "\x03")), true, false},
	{"a frame of 2^63 bytes", sockets, broken(1002, []byte("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00mask")), true, false},
	{"a frame of 2^62 bytes", sockets, broken(1009, []byte("\x81\xff\x40\x00\x00\x00\x00\x00\x00\x00mask")), true, false},
	{"half a frame", sockets, frames(frame(ws.OpText, "nobody in particular")[:9]), false, false},
	{"a flood of Pings", sockets, frames(bytes.Repeat(frame(ws.OpPing, "0123456789"), 1000)), false, false},
	{"a flood of fragments", sockets, frames(first(0x01, frame(ws.OpText, "")), bytes.Repeat(first(0x00, frame(ws.OpContinuation, "")), 2000)), false, false},
	{"a uid without end", sockets, frames(first(0x01, frame(ws.OpText, "u")), bytes.Repeat(first(0x00, frame(ws.OpContinuation, strings.Repeat("u", 1000))), 400)), false, false},
	{"too long a uid", sockets, frames(frame(ws.OpText, strings.Repeat("u", 5000))), false, false},
	{"a line that is no JSON", lineEnds, fixed("what\n{\n[]\n\"\xff\"\n{\"uid\":1.5}\n{\"$cmd\":7}\n"), false, false},
	{"deep JSON", lineEnds, fixed(`{"uid":"nobody","x":`, strings.Repeat("[", 100<<10), "\n"), false, false},
	{"a line without end", lineEnds, fixed(`{"uid":"nobody","x":"`, strings.Repeat("x", 1<<20)), false, false},
	{"lines whose answers nobody reads", lineEnds, fixed(strings.Repeat(`{"$cmd":"`+strings.Repeat("x", 2000)+`"}`+"\n", 2500)), false, false},
	{"a conversation with mistakes", anywhere, mistaken, false, false},
	{"TLS records that are none", secured, tlsRecords, false, true},
	{"TLS hello that stops", secured, fixed("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), false, true},
	{"TLS spoken without", secured, fixed("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), false, true},
	{"TLS where there is none", []string{"websocket", "http", "text"}, fixed("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"), false, true},
}

// fixed is always the same, and nothing is asked of the answer.
func fixed(parts ...string) func(*rand.Rand) ([]byte, func([]byte) error) {
	say := []byte(strings.Join(parts, ""))
	return func(*rand.Rand) ([]byte, func([]byte) error) { return say, nil }
}

// refused is a request that has to be answered with a status.
func refused(request, status string) func(*rand.Rand) ([]byte, func([]byte) error) {
	return func(*rand.Rand) ([]byte, func([]byte) error) {
		return []byte(request), func(got []byte) error {
			if !bytes.HasPrefix(got, []byte("HTTP/1.1 "+status)) {
				return fmt.Errorf("want %s, got %.100q", status, got)
			}
			return nil
		}
	}
}

// smuggled are the requests that two servers have been known to read in two ways; where ours refuses, so must the demo.
func smuggled(r *rand.Rand) ([]byte, func([]byte) error) {
	q := ambiguous.Requests[r.IntN(len(ambiguous.Requests))]
	if !q.Refused() {
		return []byte(q.Raw + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), nil
	}
	return []byte(q.Raw), func(got []byte) error {
		if !bytes.HasPrefix(got, []byte("HTTP/1.1 4")) && !bytes.HasPrefix(got, []byte("HTTP/1.1 5")) {
			return fmt.Errorf("%s: got %.100q", q.Name, got)
		}
		return nil
	}
}

// frame is a masked frame.
func frame(op ws.OpCode, payload string) []byte {
	var b bytes.Buffer
	_ = ws.WriteFrame(&b, ws.MaskFrameInPlace(ws.NewFrame(op, true, []byte(payload)))) // a buffer takes everything
	return b.Bytes()
}

// first is a frame with another first byte.
func first(b byte, frame []byte) []byte {
	frame[0] = b
	return frame
}

// frames are behind an opening handshake.
func frames(all ...[]byte) func(*rand.Rand) ([]byte, func([]byte) error) {
	return fixed(opening, string(bytes.Join(all, nil)))
}

// broken are frames that a Close frame with this code answers.
func broken(code uint16, all ...[]byte) func(*rand.Rand) ([]byte, func([]byte) error) {
	say := append([]byte(opening), bytes.Join(all, nil)...)
	want := binary.BigEndian.AppendUint16(nil, code)
	return func(*rand.Rand) ([]byte, func([]byte) error) {
		return say, func(got []byte) error {
			_, behind, _ := bytes.Cut(got, []byte("\r\n\r\n"))
			if !bytes.HasPrefix(got, []byte("HTTP/1.1 101")) || len(behind) < 4 || behind[0] != 0x88 || !bytes.Equal(behind[2:4], want) {
				return fmt.Errorf("want a Close frame with %d, got %q", code, got)
			}
			return nil
		}
	}
}

func randomBytes(r *rand.Rand) ([]byte, func([]byte) error) {
	p := make([]byte, 1+r.IntN(4<<10))
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p, nil
}

// tlsRecords are heads of records with nonsense in them.
func tlsRecords(r *rand.Rand) ([]byte, func([]byte) error) {
	var p []byte
	for range 1 + r.IntN(5) {
		body, _ := randomBytes(r)
		p = append(p, byte(20+r.IntN(5)), 3, byte(r.IntN(5)))
		p = append(binary.BigEndian.AppendUint16(p, uint16(len(body)+r.IntN(3))), body...)
	}
	return p, nil
}

// conversations are right, and for nobody.
var conversations = []string{
	opening + string(frame(ws.OpText, "nobody-1")) + string(frame(ws.OpText, `{"join":"nobodies"}`)) + string(frame(ws.OpPing, "x")) + string(frame(ws.OpClose, "\x03\xe8")),
	"GET /events?uid=nobody-2&group=nobodies HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 7\r\n\r\n",
	"POST /push HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"uid\":\"nobody\"}\r\n0\r\n\r\nGET /count HTTP/1.1\r\nHost: localhost\r\n\r\n",
	`{"uid":"nobody"}` + "\n" + `{"$cmd":"push","uid":["nobody",7],"key":"k","data":{"a":[1,2,3]}}` + "\n" + `{"$cmd":"uids","limit":3}` + "\n",
	"POST /push HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: 34\r\n\r\n" + `{"uid":"nobody"}` + "\n" + `{"uid":"nobody"}` + "\n",
}

// mistaken is a conversation with bytes changed, left out, doubled or put in.
func mistaken(r *rand.Rand) ([]byte, func([]byte) error) {
	p := []byte(conversations[r.IntN(len(conversations))])
	for range 1 + r.IntN(4) {
		i := r.IntN(len(p))
		switch r.IntN(4) {
		case 0:
			p[i] ^= 1 << r.IntN(8)
		case 1:
			p = append(p[:i], p[min(i+1+r.IntN(8), len(p)):]...)
		case 2:
			p = append(p[:i:i], append([]byte{byte(r.Uint32())}, p[i:]...)...)
		case 3:
			p = append(p[:i:i], p[max(0, i-r.IntN(20)):]...)
		}
		if len(p) == 0 {
			p = []byte{0}
		}
	}
	return p, nil
}
