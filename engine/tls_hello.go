//go:build linux

package engine

import "crypto/tls"

const (
	recordHeader    = 5
	recordHandshake = 22
	// maxRecord is the longest record of TLS 1.2 (RFC 5246 6.2.3), which is more than one of 1.3.
	maxRecord = 16<<10 + 2048
	// maxHello is how many bytes are gathered for a ClientHello before crypto/tls is asked whatever they are.
	maxHello = 24 << 10
)

// wholeRecords is how many bytes of p are whole records. What cannot be a record is left to crypto/tls to refuse, and so
// counts as whole.
func wholeRecords(p []byte) (n int) {
	for len(p) > n {
		size, known := recordSize(p[n:])
		switch {
		case known && size == 0:
			return len(p)
		case !known || size > len(p)-n:
			return n
		}
		n += size
	}
	return n
}

// recordSize is the size of the record that p begins with, 0 when it cannot be one; known is false when p is too short to
// tell.
func recordSize(p []byte) (size int, known bool) {
	switch {
	case p[0] < 20 || p[0] > 23, len(p) > 1 && p[1] != tls.VersionTLS12>>8:
		return 0, true
	case len(p) < recordHeader:
		return 0, false
	}
	n := int(p[3])<<8 | int(p[4])
	if n > maxRecord {
		return 0, true
	}
	return recordHeader + n, true
}

// wholeHello tells whether p, which is whole records, has a whole ClientHello, or something that is to be refused.
func wholeHello(p []byte) bool {
	if len(p) > maxHello {
		return true
	}
	var head []byte // of the handshake message
	have := 0
	for len(p) > 0 {
		size, _ := recordSize(p)
		if size == 0 || p[0] != recordHandshake {
			return true
		}
		fragment := p[recordHeader:size]
		head = append(head, fragment[:min(len(fragment), 4-len(head))]...)
		have += len(fragment)
		p = p[size:]
	}
	if len(head) < 4 {
		return false
	}
	return have >= 4+(int(head[1])<<16|int(head[2])<<8|int(head[3]))
}
