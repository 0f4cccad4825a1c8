package hub

import (
	"sync"
	"testing"
)

func TestMessageWithKey(t *testing.T) {
	plain := Text([]byte("text"))
	keyed := plain.WithKey("k")
	again := keyed.WithKey("other")
	if plain.Key() != "" || keyed.Key() != "k" || again.Key() != "other" {
		t.Errorf("keys %q, %q and %q", plain.Key(), keyed.Key(), again.Key())
	}
	encoded := 0
	for _, m := range []*Message{again, plain, keyed} {
		got := m.Encoded(3, func(dst, data []byte, binary bool) []byte {
			encoded++
			return append(dst, data...)
		})
		if string(got) != "text" || m.Len() != 4 {
			t.Errorf("%q of %d bytes", got, m.Len())
		}
	}
	if encoded != 1 {
		t.Errorf("encoded %d times", encoded)
	}
	if binary := Binary([]byte{0xff}).WithKey("k"); !binary.binary || binary.check(1) != nil || binary.check(0) != ErrTooLarge {
		t.Error("it is not the binary message that it was")
	}
	if bad := Text([]byte{0xff}).WithKey("k"); bad.check(9) != ErrNotUTF8 {
		t.Error("what is not UTF-8 must not become so")
	}
}

func TestMessageIsACopy(t *testing.T) {
	for name, make := range map[string]func([]byte) *Message{"text": Text, "binary": Binary} {
		data := []byte("使用者1")
		m := make(data)
		clear(data)
		frame := m.Encoded(0, func(dst, data []byte, binary bool) []byte {
			eq(t, name, binary, name == "binary")
			return append(dst, data...)
		})
		eq(t, name, string(frame), "使用者1")
		eq(t, name, m.Len(), 10)
	}
}

func TestEncodedOnceASlot(t *testing.T) {
	m := Text([]byte("m"))
	calls := 0
	for range 3 {
		for slot := range 4 {
			frame := m.Encoded(slot, func(dst, data []byte, _ bool) []byte {
				calls++
				if slot == 3 {
					return nil
				}
				return append(append(dst, byte('0'+slot)), data...)
			})
			want := []string{"0m", "1m", "2m", ""}[slot]
			eq(t, "frame", string(frame), want)
		}
	}
	eq(t, "calls", calls, 4)
}

func TestEncodedByMany(t *testing.T) {
	for range 100 {
		m := Text([]byte("m"))
		const goroutines, slots = 4, 8
		var frames [goroutines][slots]*byte
		var all sync.WaitGroup
		for g := range goroutines {
			all.Go(func() {
				for i := range slots {
					slot := (i + g) % slots
					frames[g][slot] = &m.Encoded(slot, func(_, _ []byte, _ bool) []byte { return []byte{byte(slot)} })[0]
				}
			})
		}
		all.Wait()
		for slot := range slots {
			for g := range goroutines {
				if frames[g][slot] != frames[0][slot] || *frames[g][slot] != byte(slot) {
					t.Fatal("two results for one slot")
				}
			}
		}
	}
}
