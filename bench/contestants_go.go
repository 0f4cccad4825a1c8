//go:build linux

package main

import (
	"context"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// ours is the demo as it is, with one loop and with two. For the jobs that the demo does not do there are small servers of the
// same parts.
func (w *workshop) ours(ctx context.Context) (all []*contestant) {
	for _, loops := range []string{"1", "2"} {
		c := &contestant{Name: ourName, What: "cmd/demo as it is, -loops " + loops + "; servers/echo, servers/site for HTTP", commands: map[string][]string{}}
		if loops != "1" {
			c.Name += "-" + loops
		}
		if !w.wanted(c.Name, kindPush, kindTLS, kindEcho, kindHTTP, kindEvents, kindBusy) {
			continue
		}
		if w.kinds[kindPush] || w.kinds[kindTLS] {
			w.demo(ctx, c, loops)
		}
		if w.kinds[kindEcho] {
			c.commands[kindEcho] = []string{w.build(ctx, c, ".", "./bench/servers/echo", "echo"), "-loops", loops}
		}
		for kind, flags := range map[string][]string{kindHTTP: nil, kindEvents: nil, kindBusy: {"-busy"}} {
			if w.kinds[kind] {
				c.commands[kind] = append([]string{w.site(ctx, c), "-loops", loops}, flags...)
			}
		}
		all = append(all, c)
	}
	return append(all, w.oursOtherwise(ctx)...)
}

// demo is for pushes, with and without TLS.
func (w *workshop) demo(ctx context.Context, c *contestant, loops string) {
	demo, pid := w.build(ctx, c, ".", "./cmd/demo", "demo"), filepath.Join(w.bin, c.Name+".pid")
	c.status = []string{demo, "status", "-json", "-pid-file", pid}
	argv := []string{demo, "-pid-file", pid, "-loops", loops, "-log-level", "error", "-listen", "text://127.0.0.1:0", "-listen"}
	c.commands[kindPush] = slices.Concat(argv, []string{"websocket://127.0.0.1:0"})
	c.commands[kindTLS] = slices.Concat(argv, []string{"wss://127.0.0.1:0"}, w.certificate("-tls-cert", "-tls-key"))
}

func (w *workshop) site(ctx context.Context, c *contestant) string {
	return w.build(ctx, c, ".", "./bench/servers/site", "site")
}

// oursOtherwise are rows that only HTTP has: an answer that is made once, a net/http handler through our adapter, and our WebSockets
// beside our events.
func (w *workshop) oursOtherwise(ctx context.Context) (all []*contestant) {
	for _, c := range []*contestant{
		{Name: ourName + "-made", What: "servers/site: an answer that is made once"},
		{Name: ourName + "-mount", What: "servers/site: a net/http handler, through the adapter"},
	} {
		if w.wanted(c.Name, kindHTTP) {
			c.commands = map[string][]string{kindHTTP: {w.site(ctx, c), strings.TrimPrefix(c.Name, ourName)}}
			all = append(all, c)
		}
	}
	if c := (&contestant{Name: ourWebSocket, What: "servers/site: the same broadcasts by WebSocket", webSocket: true}); w.wanted(c.Name, kindEvents) {
		c.commands = map[string][]string{kindEvents: {w.site(ctx, c)}}
		all = append(all, c)
	}
	return all
}

// ourName is what our own server is called; with more than one loop, their number stands behind it.
const (
	ourName      = "fanloop"
	ourWebSocket = ourName + "-ws"
)

func (w *workshop) floor(ctx context.Context) []*contestant {
	c := &contestant{Name: floorName, What: "a bare epoll loop, one write a message and connection"}
	if !w.wanted(c.Name, kindPush, kindEcho, kindHTTP) {
		return nil
	}
	floor := w.build(ctx, c, ".", "./bench/servers/floor", "floor")
	c.commands = map[string][]string{kindPush: {floor}, kindEcho: {floor, "-echo"}, kindHTTP: {floor, "-http"}}
	return []*contestant{c}
}

// A goRival is built from the module in bench/rivals.
type goRival struct {
	name, module, what string
	rival              bool
	flags              map[string][]string // by kind
}

var (
	pushTLSEcho = map[string][]string{kindPush: nil, kindTLS: nil, kindEcho: {"-echo"}}
	pushAndEcho = map[string][]string{kindPush: nil, kindEcho: {"-echo"}}
	goRivals    = []goRival{
		{"gnet", "github.com/panjf2000/gnet/v2", "stock gnet (gnet.Rotate, one loop) with fanloop's codecs, hub and slices", false, pushAndEcho},
		{"gws", "github.com/lxzan/gws", "Broadcaster, WriteAsync; no limit on what waits", true, pushTLSEcho},
		{"gorilla", "github.com/gorilla/websocket", "its chat example: hub, send channel of 256, write pump", true,
			map[string][]string{kindPush: nil, kindEcho: {"-echo"}, kindBusy: nil}},
		{"nbio", "github.com/lesismal/nbio", "IOModNonBlocking, its choice for many connections", true, pushTLSEcho},
		{"fasthttp", "github.com/valyala/fasthttp", "a request handler, default options", true, map[string][]string{kindHTTP: nil}},
		{"nethttp", "", "net/http: a handler; for events a goroutine, a channel of 256 and a Flush a client", true,
			map[string][]string{kindHTTP: nil, kindEvents: {"-events"}}},
	}
)

func (w *workshop) goRivals(ctx context.Context) (all []*contestant) {
	for _, rival := range goRivals {
		c := &contestant{Name: rival.name, What: rival.what, Rival: rival.rival, Version: runtime.Version(), commands: map[string][]string{}, shed: []string{"-shed"}}
		if !w.wanted(c.Name, slices.Collect(maps.Keys(rival.flags))...) {
			continue
		}
		binary := w.build(ctx, c, filepath.Join("bench", "rivals"), "./"+rival.name, rival.name)
		if c.Missing == "" && rival.module != "" {
			c.Version = moduleVersion(binary, rival.module)
		}
		for kind, flags := range rival.flags {
			c.commands[kind] = append([]string{binary}, flags...)
			if kind == kindTLS {
				c.commands[kind] = append(c.commands[kind], w.certificate("-cert", "-key")...)
			}
		}
		all = append(all, c)
	}
	return all
}
