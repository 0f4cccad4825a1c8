// Command gorilla does the job of the benchmark on gorilla/websocket, in the shape of its chat example: a hub goroutine with the set of
// clients, a buffered send channel a client, and a read and a write pump each. Three things differ. The hub knows the
// clients by uid too. The write pump prepares one message for all (websocket.PreparedMessage, which its documentation offers for
// broadcasts) instead of joining what waits with newlines into one message, for these are separate messages. And the example drops
// a client whose channel is full: as nothing may be lost here, the hub waits for it instead, unless -shed is given.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"fanloop/bench/servers/job"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{
	ReadBufferSize:  1024, // as in the example
	WriteBufferSize: 1024,
	CheckOrigin:     func(*http.Request) bool { return true },
}

func main() {
	if err := run(job.Flags()); err != nil {
		fmt.Fprintln(os.Stderr, "gorilla:", err)
		os.Exit(1)
	}
}

func run(o job.Options) error {
	pages, err := net.Listen("tcp", job.Loopback)
	if err != nil {
		return err
	}
	job.Announce(job.WebSocket, pages.Addr())
	if o.Echo {
		return http.Serve(pages, http.HandlerFunc(echo))
	}
	backEnds, err := net.Listen("tcp", job.Loopback)
	if err != nil {
		return err
	}
	job.Announce(job.Text, backEnds.Addr())
	h := newHub(o.Shed)
	go h.run()
	go job.ServeText(backEnds, h.push)
	job.Announce(job.HTTP, pages.Addr())
	mux := http.NewServeMux()
	mux.HandleFunc("/", h.serve)
	mux.HandleFunc("GET /burn", burn)
	return http.Serve(pages, mux)
}

// burn is the handler that uses the CPU, on the same net/http server.
func burn(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, job.Burnt()) }

func echo(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	for {
		kind, message, err := c.ReadMessage()
		if err != nil || c.WriteMessage(kind, message) != nil {
			return
		}
	}
}
