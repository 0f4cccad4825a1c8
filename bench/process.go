//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	"fanloop/bench/servers/job"
)

// A process is a server that runs.
type process struct {
	cmd        *exec.Cmd
	stop       context.CancelFunc
	ports      map[string]string
	complaints *tail
}

// startTime is how long a server may take until it says where it listens.
const startTime = time.Minute

// start runs a server and waits until it has announced its ports. It ends with ctx, with stopped, or with this process.
func start(ctx context.Context, argv []string, ports ...string) (*process, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &process{cmd: exec.CommandContext(ctx, argv[0], argv[1:]...), stop: cancel, complaints: &tail{}}
	tie(p.cmd)
	p.cmd.Stderr = p.complaints
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	late := time.AfterFunc(startTime, cancel)
	p.ports, err = readPorts(out, ports)
	if !late.Stop() || err != nil {
		p.stopped()
		return nil, fmt.Errorf("%s did not say where it listens: %w: %s", argv[0], errors.Join(err, ctx.Err()), p.complaints)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
	return p, nil
}

// pages is where its pages connect to.
func (p *process) pages() string {
	return p.ports[job.WebSocket] + p.ports[job.SecureWebSocket] // it has one of them, or neither
}

// stopped ends the server by its own handle and waits for it.
func (p *process) stopped() {
	p.stop()
	_ = p.cmd.Wait() // it was killed: that is its error
}

// readPorts reads lines like "  websocket://127.0.0.1:1234" until every port has been named.
func readPorts(in io.Reader, names []string) (map[string]string, error) {
	ports := map[string]string{}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if name, address, ok := strings.Cut(strings.TrimSpace(lines.Text()), "://"); ok {
			ports[name] = address
		}
		if hasAll(ports, names) {
			return ports, nil
		}
	}
	return nil, errors.Join(errors.New("its output has ended"), lines.Err())
}

func hasAll(ports map[string]string, names []string) bool {
	for _, name := range names {
		if ports[name] == "" {
			return false
		}
	}
	return true
}

// A tail keeps the end of what a server has complained about.
type tail struct {
	lock sync.Mutex
	text []byte
}

const tailSize = 1_000

func (t *tail) Write(p []byte) (int, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-tailSize):]
	return len(p), nil
}

func (t *tail) String() string {
	t.lock.Lock()
	defer t.lock.Unlock()
	return string(bytes.TrimSpace(t.text))
}
