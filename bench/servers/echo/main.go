//go:build linux

// Command echo is fanloop's server for the echo scenario: an engine and the WebSocket codec, and nothing else.
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
	job.Flags()
	if err := run(*loops); err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

func run(loops int) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	eng, err := engine.New(engine.Options{Loops: loops})
	if err != nil {
		return err
	}
	ln, err := eng.Listen(job.Loopback, &websocket.Server{OnMessage: echo})
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
