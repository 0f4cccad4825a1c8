//go:build linux

package gnetfacts

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/panjf2000/gnet/v2"
	"github.com/panjf2000/gnet/v2/pkg/logging"
	"golang.org/x/sys/unix"
)

// serveChild is the life of a child that is a server: it prints its address, and at last what gnet.Run has returned.
func serveChild(h *events) error {
	h.boot = func(e gnet.Engine) {
		address, err := portOf(e)
		if err != nil {
			fmt.Println("error:", err)
			return
		}
		fmt.Println(address)
	}
	fmt.Println("Run:", gnet.Run(h, "tcp://127.0.0.1:0", gnet.WithNumEventLoop(1)))
	return nil
}

func echo(c gnet.Conn) gnet.Action {
	p, _ := c.Next(-1)
	_, _ = c.Write(p)
	return gnet.None
}

const descriptorLimit = 64

func descriptorsChild() error {
	logging.SetDefaultLoggerAndFlusher(quiet{}, nil)
	limit := unix.Rlimit{Cur: descriptorLimit, Max: descriptorLimit}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	return serveChild(&events{traffic: echo})
}

// A server that is out of descriptors gives up everybody it has, and its Run returns as if it had been asked to.
func TestNoDescriptorLeftEndsTheEngine(t *testing.T) {
	server := startChild(t, "descriptors")
	address := server.line()
	early := dial(t, address)
	write(t, early, "x")
	if _, err := io.ReadFull(early, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	for range descriptorLimit { // some may find the port closed already
		if c, err := net.Dial("tcp", address); err == nil {
			defer c.Close()
		}
	}
	if n, err := early.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the early client reads %d, %v, want EOF", n, err)
	}
	if rest, status := server.end(); rest != "Run: <nil>\n" || status != 0 {
		t.Errorf("the server ends with %q, status %d, want Run to return nil", rest, status)
	}
}

func panicsChild() error {
	logging.SetDefaultLoggerAndFlusher(quiet{}, nil)
	return serveChild(&events{traffic: func(gnet.Conn) gnet.Action { panic("in a callback") }})
}

func TestPanicInACallbackEndsTheProcess(t *testing.T) {
	server := startChild(t, "panics")
	write(t, dial(t, server.line()), "x")
	rest, status := server.end()
	if rest != "" || status != 2 || !strings.Contains(server.stderr.String(), "panic: in a callback") {
		t.Errorf("the server ends with %q, status %d, %s", rest, status, &server.stderr)
	}
}

func logsChild() error {
	h := &events{}
	h.boot = func(e gnet.Engine) { go stop(e) }
	return gnet.Run(h, "tcp://127.0.0.1:0", gnet.WithNumEventLoop(1))
}

// Whoever prints to stdout for a living, a program in a pipe, has gnet's lines between his own.
func TestLogsToStdout(t *testing.T) {
	out, status := startChild(t, "logs").end()
	if !strings.HasPrefix(out, "[gnet]") || status != 0 {
		t.Errorf("stdout is %q, status %d, want lines that begin with [gnet]", out, status)
	}
}

// spy is a logger that is told from others.
type spy struct{ quiet }

// One logger serves the whole process: an engine's own replaces everybody's. The same door is how ours silences it.
func TestLoggerIsGlobal(t *testing.T) {
	before := logging.GetDefaultLogger()
	defer logging.SetDefaultLoggerAndFlusher(before, nil)
	run(t, &events{}, "tcp://127.0.0.1:0", gnet.WithLogger(&spy{}))
	if _, replaced := logging.GetDefaultLogger().(*spy); !replaced {
		t.Errorf("the process's logger is %T, want the engine's", logging.GetDefaultLogger())
	}
}
