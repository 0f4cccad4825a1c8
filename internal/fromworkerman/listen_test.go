//go:build linux

package fromworkerman

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Four processes, or four loops of one, serve lines on one port, and each opens the same HTTP port when it starts.

const workers = 4

// started is one or more processes of listen.go, with what each worker said of its HTTP port.
type started struct {
	t            *testing.T
	lines, web   string // the ports
	open, denied []string
	sayings      map[string]bool // what all workers can answer
}

func startProcesses(t *testing.T, flags ...string) *started {
	t.Helper()
	s, binary := prepare(t)
	for range workers {
		p := start(t, binary, flags...)
		s.await(p)
		s.sayings[fmt.Sprintf("hello from process %d, loop 0", p.cmd.Process.Pid)] = true
	}
	return s
}

func startLoops(t *testing.T, flags ...string) *started {
	t.Helper()
	s, binary := prepare(t)
	p := start(t, binary, append(flags, "-loops", fmt.Sprint(workers))...)
	for i := range workers {
		s.await(p)
		s.sayings[fmt.Sprintf("hello from process %d, loop %d", p.cmd.Process.Pid, i)] = true
	}
	return s
}

func prepare(t *testing.T) (*started, string) {
	t.Helper()
	s := &started{t: t, lines: reserve(t), web: reserve(t), sayings: map[string]bool{}}
	return s, build(t, "listen.go", "0.0.0.0:2015", s.lines, "0.0.0.0:2016", s.web)
}

// await waits until a worker has said what became of its HTTP port.
func (s *started) await(p *program) {
	s.t.Helper()
	saying := p.address("requests")
	if saying == s.web {
		s.open = append(s.open, saying)
	} else {
		s.denied = append(s.denied, saying)
	}
}

// everybodyAnswers connects until each of the workers has answered; nobody else may.
func (s *started) everybodyAnswers(ask func() string) {
	s.t.Helper()
	heard := map[string]bool{}
	for deadline := time.Now().Add(patience); len(heard) < len(s.sayings); {
		got := ask()
		if !s.sayings[got] {
			s.t.Fatalf("%q answers", got)
		}
		if heard[got] = true; time.Now().After(deadline) {
			s.t.Fatalf("only %v answer", heard)
		}
	}
}

// askLines asks on a connection that stays: a process gives the next one to a loop that has fewer.
func (s *started) askLines() string {
	s.t.Helper()
	return dialLines(s.t, s.lines).ask("anything")
}

// askWeb asks on a connection of its own.
func (s *started) askWeb() string {
	s.t.Helper()
	c, err := net.Dial("tcp", s.web)
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		s.t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || res.StatusCode != 200 {
		s.t.Fatal(res, err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(body)
}

// The first has the port. The others are told that it is taken, and serve their lines all the same.
func TestHTTPPortTaken(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T, ...string) *started{"processes": startProcesses, "loops": startLoops} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			if len(s.open) != 1 || len(s.denied) != workers-1 {
				t.Fatalf("open %q, denied %q", s.open, s.denied)
			}
			for _, why := range s.denied {
				if !strings.Contains(why, s.web) || !strings.Contains(why, syscall.EADDRINUSE.Error()) {
					t.Errorf("a worker is told %q", why)
				}
			}
			s.everybodyAnswers(s.askLines)
			first := s.askWeb()
			for range 2 * workers {
				if got := s.askWeb(); got != first || !s.sayings[got] {
					t.Errorf("%q and %q answer", first, got)
				}
			}
		})
	}
}

func TestHTTPPortShared(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T, ...string) *started{"processes": startProcesses, "loops": startLoops} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, "-reuseport")
			if len(s.open) != workers || s.denied != nil {
				t.Fatalf("open %q, denied %q", s.open, s.denied)
			}
			s.everybodyAnswers(s.askLines)
			s.everybodyAnswers(s.askWeb)
		})
	}
}
