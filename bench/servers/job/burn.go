package job

import (
	"crypto/sha256"
	"encoding/hex"
)

// BurntText is what Burnt returns.
const BurntText = "5f63768d"

// Burnt is a handler's work: some milliseconds of CPU, the same for every server, and no wait.
func Burnt() string {
	var block [64 << 10]byte
	var sum [sha256.Size]byte
	for range 256 {
		sum = sha256.Sum256(block[:])
		copy(block[:], sum[:])
	}
	return hex.EncodeToString(sum[:4])
}
