package websocket

import (
	"bytes"
	"strconv"
)

// Deflate is what a client and the server agree on about compression: permessage-deflate, RFC 7692. The server keeps no
// context from one message to the next, so that one compressed frame serves every connection that agreed on the same, and
// asks the same of the client, so that a connection at rest holds no window.
type Deflate struct {
	// WindowBits is the base-2 logarithm of the window that the server may use, 8 to 15 (server_max_window_bits). 0 stands
	// for no compression.
	WindowBits int

	bounded bool // the offer has server_max_window_bits
}

const (
	minWindowBits = 8
	maxWindowBits = 15
	deflateName   = "permessage-deflate"
)

// ChooseDeflate returns the first offer of permessage-deflate that can be accepted; ok is false when there is none, and the
// connection goes on without compression. An offer with a parameter that is unknown, doubled, or has a value it cannot have
// is declined (RFC 7692 7.1).
func (u Upgrade) ChooseDeflate() (d Deflate, ok bool) {
	for offer := range u.Head.Fields.List("Sec-WebSocket-Extensions") {
		if d, ok := parseDeflateOffer(offer); ok {
			return d, true
		}
	}
	return Deflate{}, false
}

// agreed tells an agreement from the zero value.
func (d Deflate) agreed() bool { return d.WindowBits != 0 }

// appendField appends the field that accepts the offer. What it says never exceeds what was offered.
func (d Deflate) appendField(dst []byte) []byte {
	dst = append(dst, "Sec-WebSocket-Extensions: "+deflateName+"; server_no_context_takeover; client_no_context_takeover"...)
	if d.bounded || d.WindowBits < maxWindowBits {
		// RFC 7692 7.1.2.1: an offer with the parameter is accepted by an answer with it. Others may not understand it.
		dst = strconv.AppendInt(append(dst, "; server_max_window_bits="...), int64(d.WindowBits), 10)
	}
	return dst
}

// offerParameter is a parameter's name and which values it may have.
var offerParameters = []struct {
	name                   string
	valueNeeded, valueLess bool
}{
	{name: "server_no_context_takeover", valueLess: true},
	{name: "client_no_context_takeover", valueLess: true},
	{name: "server_max_window_bits", valueNeeded: true},
	{name: "client_max_window_bits"},
}

const serverWindow = 2 // the index of server_max_window_bits

// parseDeflateOffer reads one element of Sec-WebSocket-Extensions (RFC 6455 9.1).
func parseDeflateOffer(offer []byte) (Deflate, bool) {
	name, parameters, more := bytes.Cut(offer, []byte{';'})
	if string(trimBlanks(name)) != deflateName {
		return Deflate{}, false
	}
	d := Deflate{WindowBits: maxWindowBits}
	var seen [4]bool
	for more {
		var parameter []byte
		parameter, parameters, more = bytes.Cut(parameters, []byte{';'})
		i, bits, ok := parseOfferParameter(parameter)
		if !ok || seen[i] {
			return Deflate{}, false
		}
		seen[i] = true
		if i == serverWindow {
			d.WindowBits, d.bounded = bits, true
		}
	}
	return d, true
}

// parseOfferParameter reads name or name=value, where a value is a window of 8 to 15 bits. bits is 0 without one.
func parseOfferParameter(parameter []byte) (index, bits int, ok bool) {
	name, value, hasValue := bytes.Cut(parameter, []byte{'='})
	for i, p := range offerParameters {
		if string(trimBlanks(name)) != p.name {
			continue
		}
		if !hasValue {
			return i, 0, !p.valueNeeded
		}
		bits = windowBits(unquote(trimBlanks(value)))
		return i, bits, !p.valueLess && bits != 0
	}
	return 0, 0, false
}

// windowBits is 8 to 15, 0 for anything else: a decimal without leading zeros (RFC 7692 7.1.2).
func windowBits(value []byte) int {
	for bits := minWindowBits; bits <= maxWindowBits; bits++ {
		if string(value) == strconv.Itoa(bits) {
			return bits
		}
	}
	return 0
}
