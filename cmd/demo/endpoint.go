package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// An endpoint is a port to open: the protocol spoken there, and host:port or unix:/path.
type endpoint struct {
	protocol string
	address  string
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
	{protocolWebSocket, "0.0.0.0:1234"},
	{protocolText, "127.0.0.1:5678"},
	{protocolHTTP, "127.0.0.1:8080"},
}

func (e endpoint) String() string { return e.protocol + "://" + e.address }

// spoken is the protocol without TLS.
func (e endpoint) spoken() string {
	if protocol := overTLS[e.protocol]; protocol != "" {
		return protocol
	}
	return e.protocol
}

func (e endpoint) tls() bool { return overTLS[e.protocol] != "" }

var errEndpoint = errors.New("want websocket://host:port, text://host:port or http://host:port, with unix:/path in place of host:port for a unix socket")

// parseEndpoint reads what -listen takes. Its errors leave the value out, which the flag package shows.
func parseEndpoint(s string) (endpoint, error) {
	protocol, address, found := strings.Cut(s, "://")
	if !found {
		return endpoint{}, errEndpoint
	}
	switch (endpoint{protocol: protocol}).spoken() {
	case protocolWebSocket, protocolText, protocolHTTP:
	default:
		return endpoint{}, fmt.Errorf("protocol %q is none of websocket, text and http, nor wss, texts and https", protocol)
	}
	if path, unix := strings.CutPrefix(address, "unix:"); unix {
		if path == "" {
			return endpoint{}, errEndpoint
		}
		return endpoint{protocol, address}, nil
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return endpoint{}, err
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return endpoint{}, fmt.Errorf("%q is not a port, a number from 0 to 65535", port)
	}
	return endpoint{protocol, address}, nil
}

// host is "" for a unix socket, and for all addresses.
func (e endpoint) host() string {
	host, _, err := net.SplitHostPort(e.address)
	if err != nil || e.unix() {
		return ""
	}
	return host
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

// beyondLoopback tells whether others than this machine can reach the endpoint.
func (e endpoint) beyondLoopback() bool {
	if e.unix() || e.host() == "localhost" {
		return false
	}
	ip, err := netip.ParseAddr(e.host())
	return err != nil || !ip.IsLoopback()
}
