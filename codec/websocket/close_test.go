package websocket

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

func TestCloseFrames(t *testing.T) {
	longest := strings.Repeat("r", 123)
	rows := []stream{
		{"no code", frame(true, ws.OpClose, ""), []seen{closeSeen(StatusNoStatusReceived, "")}, nil},
		{"half a code", frame(true, ws.OpClose, "\x03"), nil, ErrClosePayload},
		{"code", closing(StatusGoingAway, ""), []seen{closeSeen(StatusGoingAway, "")}, nil},
		{"code and reason", closing(StatusNormalClosure, "再見"), []seen{closeSeen(StatusNormalClosure, "再見")}, nil},
		{"longest reason", closing(StatusNormalClosure, longest), []seen{closeSeen(StatusNormalClosure, longest)}, nil},
		{"too long", closing(StatusNormalClosure, longest+"r"), nil, ErrControlTooLong},
		{"reason not UTF-8", closing(StatusNormalClosure, "\xce\xba\xe1\xbd\xb9\xed\xa0\x80"), nil, ErrInvalidUTF8},
		{"reason cut in a character", closing(StatusNormalClosure, "再見"[:5]), nil, ErrInvalidUTF8},
		{"bad code and bad reason", closing(1005, "\xff"), nil, ErrCloseCode},
		{"message after it", join(text("a"), closing(StatusNormalClosure, ""), text("b")),
			[]seen{textSeen("a"), closeSeen(StatusNormalClosure, "")}, ErrEnded},
		{"ping after it", join(closing(StatusNormalClosure, ""), ping("b")), []seen{closeSeen(StatusNormalClosure, "")}, ErrEnded},
		{"second one", join(closing(StatusNormalClosure, ""), closing(StatusGoingAway, "")), []seen{closeSeen(StatusNormalClosure, "")}, ErrEnded},
		{"junk after it", join(closing(StatusNormalClosure, ""), []byte("\xff\xff")), []seen{closeSeen(StatusNormalClosure, "")}, ErrEnded},
	}
	runStreams(t, rows)
}

// goodCode is written from the RFC's table and the registry, one by one.
func goodCode(code int) bool {
	switch code {
	case 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014:
		return true
	}
	return code >= 3000 && code <= 4999
}

func TestCloseCodesReceived(t *testing.T) {
	for code := range 1 << 16 {
		var d Decoder
		events, _, err := decodeAll(t, &d, [][]byte{closing(code, "why")})
		if goodCode(code) {
			if err != nil {
				t.Fatalf("%d: %v", code, err)
			}
			sameEvents(t, events, []seen{closeSeen(code, "why")})
		} else if err != ErrCloseCode {
			t.Fatalf("%d: %v", code, err)
		}
	}
}

func TestAppendClose(t *testing.T) {
	reason := strings.Repeat("r", 122)
	rows := []struct {
		name   string
		code   int
		reason string
		sent   string
	}{
		{"code", StatusGoingAway, "", ""},
		{"reason", StatusGoingAway, "再見", "再見"},
		{"123 bytes", StatusGoingAway, reason + "r", reason + "r"},
		{"124 bytes", StatusGoingAway, reason + "rr", reason + "r"},
		{"cut before two bytes", StatusGoingAway, reason + "é", reason},
		{"cut before three bytes", StatusGoingAway, reason + "再", reason},
		{"cut before four bytes", StatusGoingAway, reason[2:] + "🙂🙂", reason[2:]},
		{"cut behind three bytes", StatusGoingAway, reason[2:] + "再見", reason[2:] + "再"},
		{"cut far before the end", StatusGoingAway, strings.Repeat("🙂", 1000), strings.Repeat("🙂", 30)},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			out, err := AppendClose([]byte("before"), row.code, row.reason)
			want := "before" + string(wire(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(row.code), row.sent))))
			if err != nil || string(out) != want {
				t.Fatalf("%x, %v, want %x", out, err, want)
			}
			if !utf8.ValidString(row.sent) {
				t.Fatal("the row itself is wrong")
			}
		})
	}
}

func TestAppendCloseRefuses(t *testing.T) {
	for code := -5; code < 70000; code++ {
		out, err := AppendClose([]byte("before"), code, "why")
		switch {
		case code == StatusNoStatusReceived:
			if err != nil || string(out) != "before\x88\x00" {
				t.Fatalf("no status: %x, %v", out, err)
			}
		case goodCode(code):
			if want := "before\x88\x05" + string([]byte{byte(code >> 8), byte(code)}) + "why"; err != nil || string(out) != want {
				t.Fatalf("%d: %x, %v", code, out, err)
			}
		case err != ErrCloseCode || string(out) != "before":
			t.Fatalf("%d: %x, %v", code, out, err)
		}
	}
	for _, reason := range []string{"\xff", "a\xe5\x86", strings.Repeat("r", 200) + "\xff"} {
		if out, err := AppendClose([]byte("before"), StatusNormalClosure, reason); err != ErrInvalidUTF8 || string(out) != "before" {
			t.Fatalf("%q: %x, %v", reason, out, err)
		}
	}
}

func TestErrorsCarryTheirCode(t *testing.T) {
	for err, code := range map[error]int{
		ErrReservedBits:      StatusProtocolError,
		ErrReservedOpcode:    StatusProtocolError,
		ErrNotMasked:         StatusProtocolError,
		ErrControlTooLong:    StatusProtocolError,
		ErrControlFragmented: StatusProtocolError,
		ErrMessageUnfinished: StatusProtocolError,
		ErrNothingToContinue: StatusProtocolError,
		ErrLengthNotMinimal:  StatusProtocolError,
		ErrLengthTopBit:      StatusProtocolError,
		ErrClosePayload:      StatusProtocolError,
		ErrCloseCode:         StatusProtocolError,
		ErrInvalidUTF8:       StatusInvalidPayload,
		ErrMessageTooBig:     StatusMessageTooBig,
		ErrEmptyFragments:    StatusPolicyViolation,
	} {
		e, ok := err.(Error)
		if !ok || e.Code() != code || !strings.HasPrefix(e.Error(), "websocket: ") {
			t.Errorf("%v has the code %d, want %d", err, e.Code(), code)
		}
		if _, appendErr := AppendClose(nil, e.Code(), e.Error()); appendErr != nil {
			t.Errorf("%v: its Close frame: %v", err, appendErr)
		}
	}
}
