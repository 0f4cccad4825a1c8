// Command fasthttp does the plaintext job of the benchmark on fasthttp, with a request handler that looks at the path, as in its
// README, and its default options.
package main

import (
	"fmt"
	"net"
	"os"

	"fanloop/bench/servers/job"

	"github.com/valyala/fasthttp"
)

func main() {
	job.Flags()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "fasthttp:", err)
		os.Exit(1)
	}
}

func run() error {
	ln, err := net.Listen("tcp", job.Loopback)
	if err != nil {
		return err
	}
	job.Announce(job.HTTP, ln.Addr())
	return fasthttp.Serve(ln, handle)
}

func handle(x *fasthttp.RequestCtx) {
	switch string(x.Path()) {
	case "/plaintext":
		x.SetContentType("text/plain")
		x.SetBodyString(job.Plaintext)
	default:
		x.Error("not found", fasthttp.StatusNotFound)
	}
}
