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
	address  string // host:port, or unix:/path
}

// network is the door's as the net package names it.
func (d door) network() (network, address string) {
	if path, unix := strings.CutPrefix(d.address, "unix:"); unix {
		return "unix", path
	}
	return "tcp", d.address
}

func (d door) tls() bool { return strings.HasSuffix(d.protocol, "s") }

// A server is a process of the demo.
type server struct {
	cmd     *exec.Cmd
	doors   map[string]door // by protocol
	slow    map[string]door // WebSocket ports by what becomes of pushes to slow pages
	near    map[string]door // unix sockets, likewise
	hasty   map[string]door // those with short patience, by protocol
	admin   string
	control string // the path of its control socket
	log     *journal
	ended   chan struct{}
}

// policies are what -slow knows.
var policies = []string{"close", "drop-newest", "drop-oldest", "conflate"}

// listens are what the server is told to open. Those who keep to the rules may have little of the CPU: the calm ports give them time. The
// hasty ones run out of patience with the silent. On the ports for the slow, who does not read is not dead.
func listens() (all []string) {
	open := func(protocol, options string) { all = append(all, protocol+"://127.0.0.1:0?"+options) }
	for _, policy := range policies {
		open("websocket", "handshake-timeout=1m&user-timeout=10m&slow="+policy)
	}
	open("websocket", "handshake-timeout=1s&bind-timeout=1s")
	open("wss", "handshake-timeout=1m&tls-handshake-timeout=1m")
	open("wss", "handshake-timeout=1s&bind-timeout=1s&tls-handshake-timeout=1s")
	open("http", "head-timeout=1m&body-timeout=1m")
	open("http", "head-timeout=1s&body-timeout=1s&idle=1s")
	open("https", "head-timeout=1m&body-timeout=1m&tls-handshake-timeout=1m")
	open("https", "head-timeout=1s&body-timeout=1s&idle=1s&tls-handshake-timeout=1s")
	open("text", "")
	open("texts", "tls-handshake-timeout=1m")
	open("texts", "tls-handshake-timeout=1s")
	return all
}

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
	v, args := s.prepare("server")
	args = append(args, "-config", s.keys.path("server.toml"))
	for _, l := range listens() {
		args = append(args, "-listen", l)
	}
	for _, policy := range policies {
		v.near[policy] = door{"websocket", "unix:" + filepath.Join(s.folder, policy+".sock")}
		args = append(args, "-listen", "websocket://"+v.near[policy].address+"?handshake-timeout=1m&max-outbox=256KiB&slow="+policy)
	}
	opened, err := s.launch(v, args)
	if err == nil {
		err = v.sort(opened)
	}
	return v, err
}

// prepare is a server to be, of that name, and what each is told.
func (s *soak) prepare(name string) (*server, []string) {
	v := &server{
		doors: map[string]door{}, slow: map[string]door{}, near: map[string]door{}, hasty: map[string]door{}, log: &journal{},
		control: filepath.Join(s.folder, name+".sock"), ended: make(chan struct{}),
	}
	return v, []string{
		"-admin", "127.0.0.1:0", "-loops", fmt.Sprint(s.loops), "-pid-file", filepath.Join(s.folder, name+".pid"),
		"-tls-cert", s.keys.path("server.pem"), "-tls-key", s.keys.path("server.key"), "-bind-timeout", "1m",
	}
}

// launch runs it and waits until its ports are open.
func (s *soak) launch(v *server, args []string) (opened map[string][]door, err error) {
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
	opened, err = v.readPorts(out)
	go v.awaitEnd(out)
	if !late.Stop() || err != nil {
		v.kill()
		return nil, fmt.Errorf("the server did not say where it listens: %w: %s", err, v.log.tail())
	}
	return opened, nil
}

// readPorts reads the greeting, in which the ports of a protocol stand in the order in which they were asked for.
func (v *server) readPorts(out io.Reader) (opened map[string][]door, err error) {
	lines := bufio.NewScanner(out)
	opened = map[string][]door{}
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if url, ok := strings.CutPrefix(line, "Metrics and profiles: "); ok {
			v.admin = url
			return opened, nil
		}
		if protocol, address, ok := strings.Cut(line, "://"); ok && !strings.HasPrefix(address, "unix:") {
			opened[protocol] = append(opened[protocol], door{protocol, address})
		}
	}
	return nil, errors.Join(errors.New("its output has ended"), lines.Err())
}

// sort tells the ports by what they are for.
func (v *server) sort(opened map[string][]door) error {
	for i, policy := range policies {
		if len(opened["websocket"]) != len(policies)+1 {
			return fmt.Errorf("the ports are %v", opened)
		}
		v.slow[policy] = opened["websocket"][i]
	}
	for protocol, doors := range opened {
		v.doors[protocol], v.hasty[protocol] = doors[0], doors[len(doors)-1]
	}
	return nil
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
