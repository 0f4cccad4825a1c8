//go:build linux

// Command echo is fanloop's server for the echo scenario: an engine and the WebSocket codec, and nothing else. With
// -max-message 16777216 -compression it is also what a conformance suite can be let loose on.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"fanloop/bench/servers/job"
	"fanloop/codec/websocket"
	"fanloop/engine"
)

func main() {
	loops := flag.Int("loops", 1, "event loops")
	server := &websocket.Server{OnMessage: echo}
	flag.IntVar(&server.MaxMessage, "max-message", websocket.DefaultMaxMessage, "`bytes` of a message")
	flag.BoolVar(&server.Compression, "compression", false, "accept permessage-deflate")
	job.Flags()
	if err := run(*loops, server); err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

func run(loops int, server *websocket.Server) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	eng, err := engine.New(engine.Options{Loops: loops})
	if err != nil {
		return err
	}
	ln, err := eng.Listen(job.Loopback, server)
	if err != nil {
		return err
	}
	job.Announce(job.WebSocket, ln.Addr())
	return eng.Run(ctx)
}

// echo fails when the connection has ended.
func echo(c *websocket.Conn, m websocket.Message) {
	if m.Binary {
		_ = c.SendBinary(m.Data)
		return
	}
	_ = c.Send(m.Data)
}
