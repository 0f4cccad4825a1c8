//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fanloop/codec/text"
	"fanloop/engine"
)

// control serves the control socket, which other processes of the same user ask and tell this one by. It has an engine of its
// own: it answers also when the server's loops are stuck or saying goodbye, and it is not in the figures that it shows.
type control struct {
	server *server
	ctx    context.Context // ended when the server stops
	stop   func()

	engine  *engine.Engine
	leaving *engine.Timer // closes the ports, then looks whether the last connection has left; nil before a gentle stop
	last    sample
}

// maxSocketPath is the longest path that a unix socket can have, in bytes.
const maxSocketPath = 107

// open opens the socket, at a path that only its owner can connect to.
func (c *control) open(path string) error {
	if len(path) > maxSocketPath {
		return fmt.Errorf("the path of the control socket %s is over %d bytes; name a shorter one with -pid-file", path, maxSocketPath)
	}
	e, err := engine.New(engine.Options{Logger: c.server.log})
	if err != nil {
		return err
	}
	c.engine = e
	c.last = c.server.sample()
	_, err = e.Listen("unix://"+path, &text.Server{MaxLine: 1 << 10, OnMessage: c.onLine},
		engine.ListenOptions{SocketMode: 0o600, Linger: time.Second})
	return err
}

// close lets answers go out that are owed.
func (c *control) close() {
	if c.engine == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = c.engine.Shutdown(ctx) // whoever has not read its answer by then does not get it
}

func (c *control) onLine(conn *text.Conn, line []byte) {
	reply := conn.Reply()
	switch string(line) {
	case "status":
		c.status(conn.Loop(), reply)
	case "stop":
		answer(reply, []byte("ok"))
		c.server.log.Info("told to stop")
		c.stop()
	case "stop -g":
		answer(reply, []byte("ok"))
		c.leave(conn.Loop())
	default:
		answer(reply, refusal(fmt.Sprintf("%q is none of status, stop and stop -g", line)))
	}
}

func refusal(why string) []byte {
	object, _ := json.Marshal(map[string]string{"error": why}) // strings can be expressed
	return append([]byte("fail "), object...)
}

// leaveLook is how often a gentle stop looks whether the last connection has left.
const leaveLook = 50 * time.Millisecond

// leave closes the ports, at once or -drain-delay later, and stops the server when the last connection has left by itself.
func (c *control) leave(l *engine.Loop) {
	if c.leaving != nil {
		return
	}
	c.server.ready.Store(false)
	c.server.log.Info("told to stop when the last connection has left")
	if delay := c.server.options.leaving.delay; delay > 0 {
		c.leaving = l.After(delay, func() { c.closePorts(l) })
		return
	}
	c.closePorts(l)
}

// closePorts closes the ports, and stops the server when the last connection has left.
func (c *control) closePorts(l *engine.Loop) {
	for _, ln := range c.server.engine.Listeners() {
		_ = ln.Close() // ErrClosed: the server stops already
	}
	c.leaving = l.Every(leaveLook, func() {
		if c.server.engine.Stats().Connections == 0 {
			c.leaving.Stop()
			c.stop()
		}
	})
}

func (c *control) state() string {
	switch {
	case c.ctx.Err() != nil:
		return stateStopping
	case c.leaving != nil:
		return stateLeaving
	}
	return stateRunning
}

// How a status says over which time loops were busy: since the last one was asked for, when that was a moment ago. Else the time
// begins with the question, and the answer comes at its end.
const (
	shortestMeasure = 100 * time.Millisecond
	longestMeasure  = 2 * time.Second
	measure         = 200 * time.Millisecond
)

// status answers at once or a little later.
func (c *control) status(l *engine.Loop, reply text.Reply) {
	since := time.Since(c.last.taken)
	if since >= shortestMeasure && since <= longestMeasure {
		c.tell(reply)
		return
	}
	if since > longestMeasure {
		c.last = c.server.sample()
	}
	l.After(measure, func() { c.tell(reply) })
}

func (c *control) tell(reply text.Reply) {
	now := c.server.sample()
	shown := c.server.status(c.last, now)
	shown.State = c.state()
	c.last = now
	line, err := json.Marshal(shown)
	if err != nil {
		line = refusal(err.Error())
	}
	answer(reply, line)
}
