// Command nethttp does the HTTP jobs of the benchmark on net/http, as it is: a handler that answers, or, with -events, the usual shape
// of Server-Sent Events, a goroutine a client that writes what comes through its channel and flushes.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"

	"fanloop/bench/servers/job"
)

func main() {
	events := flag.Bool("events", false, "Server-Sent Events and a text port")
	job.Flags()
	if err := run(*events); err != nil {
		fmt.Fprintln(os.Stderr, "nethttp:", err)
		os.Exit(1)
	}
}

func run(events bool) error {
	ln, err := net.Listen("tcp", job.Loopback)
	if err != nil {
		return err
	}
	job.Announce(job.HTTP, ln.Addr())
	mux := http.NewServeMux()
	if !events {
		mux.HandleFunc("GET /plaintext", plaintext)
		return http.Serve(ln, mux)
	}
	backEnds, err := net.Listen("tcp", job.Loopback)
	if err != nil {
		return err
	}
	job.Announce(job.Text, backEnds.Addr())
	h := &hub{clients: map[string]chan []byte{}}
	go job.ServeText(backEnds, h.push)
	mux.HandleFunc("GET /events", h.events)
	return http.Serve(ln, mux)
}

var hello = []byte(job.Plaintext)

func plaintext(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain") // otherwise it is guessed each time
	_, _ = w.Write(hello)
}
