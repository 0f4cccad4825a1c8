//go:build linux

package main

import "fanloop/codec/http"

// servePage serves what a browser shows.
func servePage(w *http.Server) {
	w.Handle("GET /{$}", func(x *http.Exchange) { say(x, 200, "fanloop\n") })
}
