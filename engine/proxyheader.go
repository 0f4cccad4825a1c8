//go:build linux

package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// ErrProxyHeader is the reason for the end of a connection whose PROXY header is missing or wrong.
var ErrProxyHeader = errors.New("engine: no PROXY header, or a malformed one")

// The clauses are those of proxy-protocol.txt, the specification of the PROXY protocol, which HAProxy comes with.
const (
	// proxyTextMost is the longest header of version 1, its CR LF included (2.1).
	proxyTextMost = 107
	// proxyBinaryMost is the longest header of version 2 that is taken. It could be 64 KiB longer than its first 16 bytes; what
	// proxies put into the fields that follow the addresses, which are skipped, is a name, an ID, at most a certificate.
	proxyBinaryMost = 16 << 10
	proxyFixedPart  = 16

	proxyText      = "PROXY "
	proxySignature = "\r\n\r\n\x00\r\nQUIT\n"
)

// The high and the low half of two bytes of version 2 (2.2).
const (
	proxyVersion2 = 2
	proxyLocal    = 0
	proxyForOther = 1
	familyNone    = 0
	familyIPv4    = 1
	familyIPv6    = 2
	familyUnix    = 3
	proxyNoStream = 0
	proxyStream   = 1
)

// readProxyHeader reads the PROXY header that p begins with, of version 1 or 2. used is its length; 0 without an error means that more
// is needed. An invalid client: the header says nobody, and the address of the socket's peer stands. The error is ErrProxyHeader,
// as soon as it is certain.
func readProxyHeader(p []byte) (client netip.AddrPort, used int, err error) {
	switch {
	case begins(p, proxyText):
		return readProxyText(p)
	case begins(p, proxySignature):
		return readProxyBinary(p)
	}
	return netip.AddrPort{}, 0, ErrProxyHeader
}

// begins tells whether p can become something with the prefix.
func begins(p []byte, prefix string) bool {
	n := min(len(p), len(prefix))
	return string(p[:n]) == prefix[:n]
}

// readProxyText reads version 1 (2.1): "PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\n", with TCP6 also, or "PROXY UNKNOWN", behind which
// anything may stand.
func readProxyText(p []byte) (netip.AddrPort, int, error) {
	end := bytes.Index(p[:min(len(p), proxyTextMost)], []byte("\r\n"))
	if end < 0 {
		if len(p) >= proxyTextMost {
			return netip.AddrPort{}, 0, ErrProxyHeader
		}
		return netip.AddrPort{}, 0, nil
	}
	line := string(p[len(proxyText):end])
	if line == "UNKNOWN" || strings.HasPrefix(line, "UNKNOWN ") {
		return netip.AddrPort{}, end + 2, nil
	}
	client, ok := proxyTextAddresses(strings.Split(line, " "))
	if !ok {
		return netip.AddrPort{}, 0, ErrProxyHeader
	}
	return client, end + 2, nil
}

// proxyTextAddresses reads family, source, destination and their ports; each has to be right, though only the source is used.
func proxyTextAddresses(words []string) (client netip.AddrPort, ok bool) {
	if len(words) != 5 {
		return client, false
	}
	four := words[0] == "TCP4"
	if !four && words[0] != "TCP6" {
		return client, false
	}
	var ends [2]netip.AddrPort
	for i := range ends {
		ip, err := netip.ParseAddr(words[1+i])
		port, portOK := proxyTextPort(words[3+i])
		if err != nil || !portOK || ip.Is4() != four || ip.Zone() != "" {
			return client, false
		}
		ends[i] = netip.AddrPortFrom(ip.Unmap(), port)
	}
	return ends[0], true
}

// proxyTextPort reads a number without leading zeros, and without a sign.
func proxyTextPort(s string) (uint16, bool) {
	port, err := strconv.ParseUint(s, 10, 16)
	return uint16(port), err == nil && strconv.FormatUint(port, 10) == s
}

// readProxyBinary reads version 2 (2.2).
func readProxyBinary(p []byte) (client netip.AddrPort, used int, err error) {
	if len(p) < proxyFixedPart {
		return client, 0, nil
	}
	version, command := p[12]>>4, p[12]&15
	family, transport := p[13]>>4, p[13]&15
	length := int(binary.BigEndian.Uint16(p[14:]))
	if version != proxyVersion2 || command > proxyForOther || proxyFixedPart+length > proxyBinaryMost {
		return client, 0, ErrProxyHeader
	}
	// LOCAL: whatever stands there about addresses is not to be used.
	if command == proxyForOther && !proxyAddressesFit(family, transport, length) {
		return client, 0, ErrProxyHeader
	}
	if len(p) < proxyFixedPart+length {
		return client, 0, nil
	}
	if command == proxyForOther {
		client = proxyBinarySource(family, p[proxyFixedPart:])
	}
	return client, proxyFixedPart + length, nil
}

// proxyAddressesFit tells whether the family and the transport are those of a stream, or not told, and the addresses are there.
func proxyAddressesFit(family, transport byte, length int) bool {
	switch family {
	case familyNone:
		return transport == proxyNoStream
	case familyIPv4:
		return transport == proxyStream && length >= 12
	case familyIPv6:
		return transport == proxyStream && length >= 36
	case familyUnix:
		return transport == proxyStream && length >= 216
	}
	return false
}

// proxyBinarySource is the source: of two addresses, then two ports, the first. That of a unix socket has no name worth telling.
func proxyBinarySource(family byte, p []byte) netip.AddrPort {
	switch family {
	case familyIPv4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(p)), binary.BigEndian.Uint16(p[8:]))
	case familyIPv6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(p)).Unmap(), binary.BigEndian.Uint16(p[32:]))
	}
	return netip.AddrPort{}
}
