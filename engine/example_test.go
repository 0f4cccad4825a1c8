//go:build linux

package engine_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"sync"

	"fanloop/engine"
)

// server is a protocol in one function, which is given what comes in and returns the answer.
type server func(p []byte) (answer string)

func (s server) Serve(*engine.Conn) engine.Handler { return s }
func (s server) OnOpen(*engine.Conn)               {}
func (s server) OnClose(*engine.Conn, error)       {}

func (s server) OnTraffic(c *engine.Conn, p []byte) int {
	_, _ = io.WriteString(c, s(p)) // an error means that the connection is closing
	return len(p)
}

// An echo, from the start to a graceful stop.
func Example() {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ln, err := eng.Listen("127.0.0.1:0", server(func(p []byte) string { return string(p) }))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() { stopped <- eng.Run(ctx) }()

	fmt.Print(ask(ln, "hello\n"))
	cancel()
	fmt.Println("stopped:", <-stopped)
	// Output:
	// hello
	// stopped: <nil>
}

// With one loop all callbacks run on one goroutine: two ports share a plain map, and need no lock.
func ExampleEngine_Listen() {
	eng, err := engine.New(engine.Options{Loops: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())
	votes := map[string]int{}
	poll, err := eng.Listen("127.0.0.1:0", server(func(p []byte) string {
		votes[string(p)]++
		return "counted\n"
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := eng.Listen("127.0.0.1:0", server(func(p []byte) string {
		return fmt.Sprintln(votes[string(p)])
	}))
	if err != nil {
		fmt.Println(err)
		return
	}

	var voters sync.WaitGroup
	for range 10 {
		voters.Go(func() { ask(poll, "tea") })
	}
	ask(poll, "coffee")
	voters.Wait()
	fmt.Print("tea ", ask(result, "tea"), "coffee ", ask(result, "coffee"))
	// Output:
	// tea 10
	// coffee 1
}

// ask is a client: it sends a question and returns the line that answers it.
func ask(ln *engine.Listener, question string) string {
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	if _, err := io.WriteString(c, question); err != nil {
		return err.Error()
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return answer
}
