package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// An endpoint is a port to open: the protocol spoken there, host:port or unix:/path, and what stands behind a ?, its own options.
type endpoint struct {
	protocol string
	address  string
	query    string
}

const (
	protocolWebSocket = "websocket"
	protocolText      = "text"
	protocolHTTP      = "http"
)

// overTLS are the names of the protocols over TLS.
var overTLS = map[string]string{"wss": protocolWebSocket, "texts": protocolText, "https": protocolHTTP}

// defaultEndpoints are opened when no -listen is given.
var defaultEndpoints = []endpoint{
	{protocol: protocolWebSocket, address: "0.0.0.0:1234"},
	{protocol: protocolText, address: "127.0.0.1:5678"},
	{protocol: protocolHTTP, address: "127.0.0.1:8080"},
}

// String names the endpoint, without its options.
func (e endpoint) String() string { return e.protocol + "://" + e.address }

// spoken is the protocol without TLS.
func (e endpoint) spoken() string {
	if protocol := overTLS[e.protocol]; protocol != "" {
		return protocol
	}
	return e.protocol
}

func (e endpoint) tls() bool { return overTLS[e.protocol] != "" }

var errEndpoint = errors.New("want websocket://host:port, text://host:port or http://host:port, with unix:/path in place of host:port for a unix socket, or systemd:name for one that is passed on")

// parseEndpoint reads what -listen takes. Its errors leave the value out, which the flag package shows.
func parseEndpoint(s string) (endpoint, error) {
	protocol, rest, found := strings.Cut(s, "://")
	if !found {
		return endpoint{}, errEndpoint
	}
	address, query, _ := strings.Cut(rest, "?")
	e := endpoint{protocol, address, query}
	switch e.spoken() {
	case protocolWebSocket, protocolText, protocolHTTP:
	default:
		return endpoint{}, fmt.Errorf("protocol %q is none of websocket, text and http, nor wss, texts and https", protocol)
	}
	if err := checkAddress(address); err != nil {
		return endpoint{}, err
	}
	if err := e.checkQuery(); err != nil {
		return endpoint{}, err
	}
	return e, nil
}

// checkAddress looks at host:port, unix:/path and systemd:name.
func checkAddress(address string) error {
	if name, passed := strings.CutPrefix(address, passedPrefix); passed {
		if name == "" {
			return errEndpoint
		}
		return nil
	}
	if path, unix := strings.CutPrefix(address, "unix:"); unix {
		if path == "" {
			return errEndpoint
		}
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q is not a port, a number from 0 to 65535", port)
	}
	return nil
}

// host is "" for a unix socket, one that is passed on, and for all addresses.
func (e endpoint) host() string {
	host, _, err := net.SplitHostPort(e.address)
	if _, passed := e.passedAs(); err != nil || passed || e.unix() {
		return ""
	}
	return host
}

const passedPrefix = "systemd:"

// passedAs is the name under which a service manager passes the socket on, if it is one of those.
func (e endpoint) passedAs() (name string, passed bool) {
	return strings.CutPrefix(e.address, passedPrefix)
}

func (e endpoint) unix() bool { return strings.HasPrefix(e.address, "unix:") }

// engineAddress is the endpoint's address as the engine takes it. To the net package 0.0.0.0 is IPv6 too; who writes it means
// what it says.
func (e endpoint) engineAddress() string {
	if ip, err := netip.ParseAddr(e.host()); err == nil && ip.Is4() {
		return "tcp4://" + e.address
	}
	return e.address
}

// beyondLoopback tells whether others than this machine can reach the endpoint. Of a socket that is passed on it is not known before that.
func (e endpoint) beyondLoopback() bool {
	if e.unix() || e.host() == "localhost" {
		return false
	}
	ip, err := netip.ParseAddr(e.host())
	return err != nil || !ip.IsLoopback()
}

// checkPorts finds addresses that cannot be opened twice.
func (o *options) checkPorts() {
	shared := map[string]bool{}
	for _, e := range o.listen {
		reuse := !e.unix() && o.portOptions(e).reusePort
		if before, twice := shared[e.address]; twice && !(before && reuse) {
			o.reading.Problem("listen", fmt.Errorf("%s: the address is there twice", e))
		}
		if _, port, _ := net.SplitHostPort(e.address); port != "0" {
			shared[e.address] = reuse
		}
	}
}
