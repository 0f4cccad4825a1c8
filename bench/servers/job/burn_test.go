package job

import "testing"

func TestBurnt(t *testing.T) {
	if got := Burnt(); got != BurntText {
		t.Errorf("%s, want %s", got, BurntText)
	}
}

func BenchmarkBurnt(b *testing.B) {
	for b.Loop() {
		Burnt()
	}
}
