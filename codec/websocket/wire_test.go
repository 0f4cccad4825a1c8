package websocket

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// maskKey is the one of the examples in RFC 6455 5.7.
var maskKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// frame is a client's frame, made by another implementation.
func frame(fin bool, op ws.OpCode, payload string) []byte {
	return frameOf(ws.Header{Fin: fin, OpCode: op}, payload)
}

func frameOf(h ws.Header, payload string) []byte {
	h.Length, h.Masked, h.Mask = int64(len(payload)), true, maskKey
	body := []byte(payload)
	ws.Cipher(body, maskKey, 0)
	return wire(ws.Frame{Header: h, Payload: body})
}

func wire(f ws.Frame) []byte { return ws.MustCompileFrame(f) }

func text(s string) []byte { return frame(true, ws.OpText, s) }
func blob(s string) []byte { return frame(true, ws.OpBinary, s) }
func ping(s string) []byte { return frame(true, ws.OpPing, s) }
func pong(s string) []byte { return frame(true, ws.OpPong, s) }

// first, more and last are the fragments of a text message.
func first(s string) []byte { return frame(false, ws.OpText, s) }
func more(s string) []byte  { return frame(false, ws.OpContinuation, s) }
func last(s string) []byte  { return frame(true, ws.OpContinuation, s) }

func closing(code int, reason string) []byte {
	return frame(true, ws.OpClose, string([]byte{byte(code >> 8), byte(code)})+reason)
}

func join(frames ...[]byte) []byte { return bytes.Join(frames, nil) }

// seen is an Event with a Data of its own.
type seen struct {
	Kind EventKind
	Data string
	Code int
}

func textSeen(s string) seen { return seen{Kind: EventText, Data: s} }
func pingSeen(s string) seen { return seen{Kind: EventPing, Data: s} }
func pongSeen(s string) seen { return seen{Kind: EventPong, Data: s} }

func closeSeen(code int, reason string) seen {
	return seen{Kind: EventClose, Data: reason, Code: code}
}

// decodeAll feeds the pieces to d until they are used up or an error comes, and holds each call against what Decode promises.
// taken is how much was given until then.
func decodeAll(t testing.TB, d *Decoder, pieces [][]byte) (events []seen, taken int, err error) {
	t.Helper()
	for _, p := range pieces {
		taken += len(p)
		before := bytes.Clone(p)
		for len(p) > 0 {
			ev, used, err := d.Decode(p)
			checkPromises(t, d, ev, len(p), used, err)
			if err != nil {
				return events, taken, err
			}
			if ev.Kind != EventNone {
				events = append(events, seen{ev.Kind, string(ev.Data), ev.Code})
			}
			_ = append(ev.Data, "over the end"...)
			if p, before = p[used:], before[used:]; !bytes.Equal(p, before) {
				t.Fatalf("%v: Decode or an append to its Data changed bytes behind the %d used ones", ev, used)
			}
		}
		if most := 2*len(d.message) + minSpare; cap(d.message) > most {
			t.Fatalf("%d bytes held for %d of a message", cap(d.message), len(d.message))
		}
	}
	return events, taken, nil
}

func checkPromises(t testing.TB, d *Decoder, ev Event, given, used int, err error) {
	t.Helper()
	switch {
	case err != nil && (used != 0 || ev.Kind != EventNone):
		t.Fatalf("with the error %v: used %d, event %v", err, used, ev)
	case err == nil && ev.Kind == EventNone && used != given:
		t.Fatalf("no event, and %d of %d bytes used", used, given)
	case err == nil && used == 0:
		t.Fatalf("nothing used of %d bytes", given)
	case ev.Kind != EventNone && d.left != 0:
		t.Fatalf("event %v with %d bytes of its frame missing", ev, d.left)
	}
}

func sameEvents(t testing.TB, got, want []seen) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("got  %s\nwant %s", show(got), show(want))
	}
}

func show(events []seen) string {
	var b strings.Builder
	for _, ev := range events {
		name := [...]string{"none", "text", "binary", "ping", "pong", "close"}[ev.Kind]
		fmt.Fprintf(&b, "%s %.60q (%d bytes) %d; ", name, ev.Data, len(ev.Data), ev.Code)
	}
	return b.String()
}
