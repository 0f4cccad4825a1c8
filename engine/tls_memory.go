//go:build linux

package engine

import (
	"bytes"
	"crypto/tls"
	"reflect"
	"unsafe"
)

// A tls.Conn keeps its buffers for as long as it lives: 3.5 KB after the handshake of a usual client, of 5 to 7 in all, and up
// to 34 KB once a long record has come. With very many connections at rest that is most of what they cost, and crypto/tls has no call
// that frees it. So what is empty is taken out of it here: of fields that are found by name and type, when the program
// starts. In a version of Go that has no such fields nothing is done, but for a test that says so.
var tlsBuffers = findTLSBuffers()

// idleTLSBuffer is the largest buffer that is kept between reads, so that small messages cost no allocation of it.
const idleTLSBuffer = 2 << 10

func findTLSBuffers() (offsets []uintptr) {
	conn := reflect.TypeFor[tls.Conn]()
	for _, name := range []string{"rawInput", "hand"} {
		if f, ok := conn.FieldByName(name); ok && f.Type == reflect.TypeFor[bytes.Buffer]() {
			offsets = append(offsets, f.Offset)
		}
	}
	return offsets
}

// trimTLS frees empty buffers that are larger than most, and tells how many bytes the others have: of records and handshake messages
// that are not whole. It is called on the loop, when Read has returned and has nothing left for another call: plaintext that waited would
// lie in one of these buffers.
func trimTLS(conn *tls.Conn, most int) (unfinished int) {
	for _, offset := range tlsBuffers {
		b := (*bytes.Buffer)(unsafe.Add(unsafe.Pointer(conn), offset))
		switch {
		case b.Len() > 0:
			unfinished += b.Cap()
		case b.Cap() > most:
			*b = bytes.Buffer{}
		}
	}
	return unfinished
}
