//go:build linux

package main

import (
	"fmt"
	"net"
	nethttp "net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"fanloop/codec/http"
)

// notForPages keeps web pages out. Any page can have its visitor's browser ask an address on the visitor's machine, and a profile costs
// CPU; one whose name has been made to lead there (DNS rebinding) could even read the answer.
func notForPages(next nethttp.Handler) nethttp.Handler {
	return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if fromOtherPage(r) || isLoopback(r.RemoteAddr) && !isLoopbackHost(r.Host) {
			nethttp.Error(w, "not for web pages, and on a loopback address by that or as localhost only", nethttp.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// fromOtherPage tells what a browser says in Sec-Fetch-Site (Fetch Metadata 2.1) and Origin.
func fromOtherPage(r *nethttp.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return true
	}
	for _, origin := range r.Header.Values("Origin") {
		if u, err := url.Parse(origin); err != nil || !strings.EqualFold(u.Host, r.Host) {
			return true
		}
	}
	return false
}

// isLoopback is false for the peer of a unix socket, which no browser is.
func isLoopback(peer string) bool {
	at, err := netip.ParseAddrPort(peer)
	return err == nil && at.Addr().Unmap().IsLoopback()
}

func isLoopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return http.IsLoopbackName(host)
}

// commandName is pprof's cmdline without what follows the name: a token may be there.
func commandName(w nethttp.ResponseWriter, _ *nethttp.Request) { fmt.Fprint(w, os.Args[0]) }
