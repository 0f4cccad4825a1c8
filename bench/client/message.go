package client

import (
	"encoding/binary"
	"fmt"
)

// A message is valid JSON of a chosen size. Its number and the time it was sent stand at fixed places, in front, so
// that neither writing nor reading them means parsing:
//
//	{"seq":"00000001","at":"0000000000000000","all":true,"pad":"xxxxx"}
const (
	seqAt    = 8
	seqEnd   = seqAt + 8
	timeAt   = seqEnd + 8
	stampEnd = timeAt + 16
	// uidDigits is where the seven digits of a uid stand.
	uidDigits = stampEnd + len(`","uid":"u`)
)

// The least sizes of messages: of a line for the text port, and of an echo.
const (
	MinSize = 72
	MinEcho = 52
)

const forAll = `"all":true`

func forUID(i int) string { return `"uid":"` + uidOf(i) + `"` }

func uidOf(i int) string { return fmt.Sprintf("u%07d", i) }

// newMessage makes a message of size bytes for a target, which is a member of the object or "" for none.
func newMessage(target string, size int) []byte {
	m := fmt.Appendf(nil, `{"seq":"%08d","at":"%016d",`, 0, 0)
	if target != "" {
		m = append(append(m, target...), ',')
	}
	m = append(m, `"pad":"`...)
	for len(m) < size-2 {
		m = append(m, 'x')
	}
	return append(m, `"}`...)
}

// stamp writes a message's number and time.
func stamp(message []byte, seq uint32, at int64) {
	putDigits(message[seqAt:seqEnd], uint64(seq))
	putDigits(message[timeAt:stampEnd], uint64(at))
}

func putDigits(dst []byte, v uint64) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = '0' + byte(v%10)
		v /= 10
	}
}

// readStamp is the reverse of stamp. What is not digits gives numbers that nobody waits for.
func readStamp(message []byte) (seq uint32, at int64, ok bool) {
	if len(message) < stampEnd {
		return 0, 0, false
	}
	seq = eightDigits(message[seqAt:])
	at = int64(eightDigits(message[timeAt:]))*100_000_000 + int64(eightDigits(message[timeAt+8:]))
	return seq, at, true
}

// eightDigits reads eight decimal digits in a few multiplications: pairs, then fours, then all. A million messages a second
// are read on the core that the server wants too.
func eightDigits(p []byte) uint32 {
	v := binary.LittleEndian.Uint64(p) - 0x3030303030303030
	v = v*10 + v>>8
	const every4 = 0x000000ff000000ff
	const hundreds, tenThousands = 100 + 1_000_000<<32, 1 + 10_000<<32
	return uint32(((v&every4)*hundreds + (v>>16&every4)*tenThousands) >> 32)
}

// appendMasked appends a client's text frame (RFC 6455 5.2) with a mask that is not zero: servers must work for it.
func appendMasked(dst, payload []byte) []byte {
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, 0x81, 0x80|byte(n))
	case n <= 0xffff:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x81, 0x80|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x81, 0x80|127), uint64(n))
	}
	dst = append(dst, mask[:]...)
	for i, c := range payload {
		dst = append(dst, c^mask[i&3])
	}
	return dst
}

var mask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// stampMasked is stamp inside of a frame's masked payload.
func stampMasked(payload []byte, seq uint32, at int64) {
	stamp(payload, seq, at)
	for i := seqAt; i < seqEnd; i++ {
		payload[i] ^= mask[i&3]
	}
	for i := timeAt; i < stampEnd; i++ {
		payload[i] ^= mask[i&3]
	}
}

// handshake asks for a WebSocket with the key of RFC 6455 1.3, whose answer is known.
func handshake(host string) []byte {
	return []byte("GET / HTTP/1.1\r\nHost: " + host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
}

const acceptKey = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
