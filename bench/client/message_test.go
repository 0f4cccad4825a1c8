package client

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"fanloop/codec/websocket"
)

func TestMessageIsJSON(t *testing.T) {
	for _, test := range []struct {
		target string
		size   int
		uid    any
	}{
		{forAll, MinSize, nil},
		{forUID(1234567), MinSize, "u1234567"},
		{forUID(7), 128, "u0000007"},
		{"", MinEcho, nil},
		{"", 64, nil},
	} {
		m := newMessage(test.target, test.size)
		stamp(m, 42, 1_234_567_890_123)
		var got map[string]any
		if err := json.Unmarshal(m, &got); err != nil || len(m) != test.size {
			t.Fatalf("%s of %d bytes, want %d: %v", m, len(m), test.size, err)
		}
		if got["seq"] != "00000042" || got["at"] != "0001234567890123" || got["uid"] != test.uid || got["all"] != nil != (test.target == forAll) {
			t.Errorf("%s", m)
		}
	}
}

func TestStamp(t *testing.T) {
	m := newMessage(forAll, MinSize)
	for _, seq := range []uint32{0, 1, 9, 10, 12345678, 99_999_999} {
		for _, at := range []int64{0, 1, 99_999_999, 100_000_000, 9_999_999_999_999_999} {
			stamp(m, seq, at)
			if gotSeq, gotAt, ok := readStamp(m); gotSeq != seq || gotAt != at || !ok {
				t.Errorf("%d, %d came back as %d, %d, %v", seq, at, gotSeq, gotAt, ok)
			}
		}
	}
	if _, _, ok := readStamp(m[:stampEnd-1]); ok {
		t.Error("a short message was read")
	}
}

func TestMaskedFrame(t *testing.T) {
	for _, size := range []int{64, 125, 126, 0xffff, 0x10000} {
		frame := appendMasked(nil, newMessage("", size))
		stampMasked(frame[len(frame)-size:], 7, math.MaxInt32)
		var d websocket.Decoder
		event, n, err := d.Decode(frame)
		if err != nil || n != len(frame) || event.Kind != websocket.EventText || len(event.Data) != size {
			t.Fatalf("size %d: %v, %d of %d, %v", size, event.Kind, n, len(frame), err)
		}
		want := newMessage("", size)
		stamp(want, 7, math.MaxInt32)
		if string(event.Data) != string(want) {
			t.Errorf("size %d: %.60q", size, event.Data)
		}
	}
}

func TestUIDPlace(t *testing.T) {
	m := newMessage(forUID(0), MinSize)
	putDigits(m[uidDigits:uidDigits+7], 1234567)
	if want := newMessage(forUID(1234567), MinSize); string(m) != string(want) {
		t.Errorf("%s, want %s", m, want)
	}
}

func ExampleResult_Whole() {
	r := Result{Expected: 10, Received: 9}
	fmt.Println(r.Whole())
	// Output: false
}
