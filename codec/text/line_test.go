package text

import (
	"bytes"
	"testing"
)

func TestAppendLine(t *testing.T) {
	tests := []struct {
		payload, wire string
		err           error
	}{
		{payload: "hello", wire: "hello\n"},
		{payload: "hello\n", wire: "hello\n"},
		{payload: "hello\r\n", wire: "hello\r\n"},
		{payload: "", wire: "\n"},
		{payload: "\n", wire: "\n"},
		{payload: "\r\n", wire: "\r\n"},
		{payload: "\r", wire: "\r\r\n"},
		{payload: "hello\r", wire: "hello\r\r\n"},
		{payload: "hello\r\r\n", wire: "hello\r\r\n"},
		{payload: "he\rllo", wire: "he\rllo\n"},
		{payload: "he\nllo", err: ErrNewline},
		{payload: "hello\n\n", err: ErrNewline},
		{payload: "\n\r", err: ErrNewline},
		{payload: "\nhello", err: ErrNewline},
	}
	for _, test := range tests {
		for _, before := range []string{"", "before\n"} {
			got, err := AppendLine([]byte(before), []byte(test.payload))
			if string(got) != before+test.wire || err != test.err {
				t.Errorf("%q after %q: got %q, %v, want %q, %v", test.payload, before, got, err, before+test.wire, test.err)
			}
		}
	}
}

func TestAppendLineAllocates(t *testing.T) {
	buffer, payload := make([]byte, 0, 64), []byte("hello")
	if n := testing.AllocsPerRun(1000, func() { _, _ = AppendLine(buffer, payload) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(1000, func() { _, _ = AppendLine(nil, payload) }); n != 1 {
		t.Errorf("%v allocations for a new line", n)
	}
}

// What is appended is one line, and a Decoder gives the payload back, less the line end it came with.
func FuzzAppendLine(f *testing.F) {
	for _, seed := range []string{"", "hello", "hello\n", "hello\r\n", "hello\r", "\r\r\n", "a\nb", "\n\n", "\r"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		wire, err := AppendLine(nil, payload)
		inner := bytes.TrimSuffix(payload, []byte("\n"))
		if bytes.IndexByte(inner, '\n') >= 0 {
			if err != ErrNewline || wire != nil {
				t.Fatalf("%q: %q, %v", payload, wire, err)
			}
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", payload, err)
		}
		if len(inner) < len(payload) {
			inner = trimCR(inner)
		}
		var d Decoder
		line, n, err := d.Decode(wire)
		if !bytes.Equal(line, inner) || line == nil || n != len(wire) || err != nil {
			t.Fatalf("%q became %q and came back as %q, %v", payload, wire, line, err)
		}
	})
}

func BenchmarkAppendLine(b *testing.B) {
	payload := []byte("{\"uid\":\"u1\",\"text\":\"something has happened\"}")
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	var buffer []byte
	for b.Loop() {
		buffer, _ = AppendLine(buffer[:0], payload)
	}
}
