//go:build linux

package engine_test

import (
	"context"
	"fmt"
	"time"

	"fanloop/engine"
)

// lookups is a protocol whose answers take long to find.
type lookups struct{}

func (lookups) Serve(*engine.Conn) engine.Handler { return lookups{} }
func (lookups) OnOpen(*engine.Conn)               {}
func (lookups) OnClose(*engine.Conn, error)       {}

func (lookups) OnTraffic(c *engine.Conn, p []byte) int {
	question := string(p) // p is valid during the callback only
	err := engine.Offload(c,
		func() string { return "the answer to " + question }, // on a worker: it may block
		func(answer string) { _ = c.Send([]byte(answer)) },   // back on the connection's loop, if it is still open
	)
	if err != nil {
		c.CloseWith(err) // engine.ErrBusy: too much is waiting already
	}
	return len(p)
}

// What blocks is done on a worker, and its result comes back to the loop.
func ExampleOffload() {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())
	ln, err := eng.Listen("127.0.0.1:0", lookups{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(ask(ln, "everything\n"))
	// Output:
	// the answer to everything
}

// Timers belong to their loop: they are made, and stopped, where it runs.
func ExampleLoop_Every() {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())
	done := make(chan int)
	_ = eng.Home().Post(func() { // an error means that the engine has stopped
		ticks := 0
		var t *engine.Timer
		t = eng.Home().Every(time.Millisecond, func() {
			if ticks++; ticks == 3 {
				t.Stop()
				done <- ticks
			}
		})
	})
	fmt.Println(<-done, "ticks")
	// Output:
	// 3 ticks
}
