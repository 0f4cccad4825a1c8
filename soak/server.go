//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A door is a port of the server.
type door struct {
	protocol string // as -listen names it
	address  string // host:port
}

func (d door) tls() bool { return strings.HasSuffix(d.protocol, "s") }

// A server is a process of the demo.
type server struct {
	cmd     *exec.Cmd
	doors   map[string]door // by protocol
	slow    map[string]door // WebSocket ports by what becomes of pushes to slow pages
	admin   string
	control string // the path of its control socket
	log     *journal
	ended   chan struct{}
}

// policies are what -slow knows.
var policies = []string{"close", "drop-newest", "drop-oldest", "conflate"}

// startTime is how long the server may take until it says where it listens: the race detector is slow.
const startTime = 30 * time.Second

// build compiles the demo, unless it is there.
func (s *soak) build() (string, error) {
	if s.program != "" {
		return s.program, nil
	}
	program := filepath.Join(s.folder, "fanloop")
	args := []string{"build", "-o", program}
	if s.race {
		args = append(args, "-race")
	}
	cmd := exec.CommandContext(s.ctx, "go", append(args, "fanloop/cmd/demo")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return program, nil
}

// start runs the server and waits until its ports are open.
func (s *soak) start() (*server, error) {
	v := &server{
		doors: map[string]door{}, slow: map[string]door{}, log: &journal{},
		control: filepath.Join(s.folder, "server.sock"), ended: make(chan struct{}),
	}
	args := []string{
		"-admin", "127.0.0.1:0", "-loops", fmt.Sprint(s.loops), "-pid-file", filepath.Join(s.folder, "server.pid"),
		"-tls-cert", s.keys.path("server.pem"), "-tls-key", s.keys.path("server.key"),
	}
	for _, protocol := range []string{"wss", "text", "texts", "http", "https"} {
		args = append(args, "-listen", protocol+"://127.0.0.1:0")
	}
	for _, policy := range policies {
		args = append(args, "-listen", "websocket://127.0.0.1:0?user-timeout=10m&slow="+policy) // who does not read is not dead here
	}
	v.cmd = exec.Command(s.program, args...)
	v.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	v.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	v.cmd.Stderr = v.log
	out, err := v.cmd.StdoutPipe()
	if err == nil {
		err = v.cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	late := time.AfterFunc(startTime, func() { _ = v.cmd.Process.Kill() })
	err = v.readPorts(out)
	go v.awaitEnd(out)
	if !late.Stop() || err != nil {
		v.kill()
		return nil, fmt.Errorf("the server did not say where it listens: %w: %s", err, v.log.tail())
	}
	return v, nil
}

// readPorts reads the greeting up to its end. The WebSocket ports come in the order in which they were asked for.
func (v *server) readPorts(out io.Reader) error {
	lines, websockets := bufio.NewScanner(out), 0
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if url, ok := strings.CutPrefix(line, "Metrics and profiles: "); ok {
			v.admin = url
			return nil
		}
		protocol, address, ok := strings.Cut(line, "://")
		if !ok {
			continue
		}
		address, _, _ = strings.Cut(address, "?")
		v.doors[protocol] = door{protocol, address} // of the WebSocket ports the last
		if protocol == "websocket" && websockets < len(policies) {
			v.slow[policies[websockets]] = door{protocol, address}
			websockets++
		}
	}
	return errors.Join(errors.New("its output has ended"), lines.Err())
}

func (v *server) awaitEnd(out io.Reader) {
	_, _ = io.Copy(io.Discard, out)
	_ = v.cmd.Wait() // how it ended is in cmd.ProcessState
	close(v.ended)
}

func (v *server) kill() {
	_ = v.cmd.Process.Kill()
	<-v.ended
}

func (v *server) signal(sig syscall.Signal) { _ = v.cmd.Process.Signal(sig) } // who has ended is found out elsewhere

// end waits for the end of the process and tells what was wrong with it.
func (v *server) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-v.ended:
	case <-ctx.Done():
		return errors.New("the server does not end")
	}
	if state := v.cmd.ProcessState; state.ExitCode() != 0 {
		return fmt.Errorf("the server ended with %v", state)
	}
	return v.log.wrong()
}
