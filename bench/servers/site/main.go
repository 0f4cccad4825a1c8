//go:build linux

// Command site is fanloop's server for the HTTP scenarios: pages by WebSocket and by Server-Sent Events, lines of a back end, and
// requests, all on the same loops and one hub.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"fanloop/bench/servers/job"
	"fanloop/engine"
	"fanloop/hub"
)

func main() {
	loops := flag.Int("loops", 1, "event loops")
	made := flag.Bool("made", false, "/plaintext is an answer that is made once")
	mount := flag.Bool("mount", false, "/plaintext is a net/http handler")
	busy := flag.Bool("busy", false, "the handlers on the HTTP port compute")
	job.Flags()
	if *busy { // as Server.Mount advises: a thread for each of them and each loop, for the kernel to share the CPUs among
		runtime.GOMAXPROCS(*loops + workers + 2)
	}
	if err := run(*loops, *made, *mount); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
}

// workers is how many net/http handlers run at once: the default.
const workers = 16

// A site is the whole server.
type site struct {
	engine *engine.Engine
	hub    *hub.Hub
}

func run(loops int, made, mount bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	eng, err := engine.New(engine.Options{Loops: loops})
	if err != nil {
		return err
	}
	s := &site{eng, hub.New(eng.Loops(), hub.Options{})}
	for _, port := range []struct {
		name   string
		server engine.Server
	}{{job.WebSocket, s.pages()}, {job.Text, s.backEnds()}, {job.HTTP, s.requests(made, mount)}} {
		ln, err := eng.Listen(job.Loopback, port.server)
		if err != nil {
			return err
		}
		job.Announce(port.name, ln.Addr())
	}
	return eng.Run(ctx)
}
