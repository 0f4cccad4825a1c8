//go:build linux

package engine

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// childRole says which of childRoles this process plays instead of running tests; childArgument is for the role.
const (
	childRole     = "FANLOOP_TEST_CHILD"
	childArgument = "FANLOOP_TEST_ARGUMENT"
)

// childRoles run in a process of their own: they answer each line of stdin with a line, beginning with a ready line, and
// return at its end.
var childRoles = map[string]func(argument string) error{
	"reuseport": reusePortChild,
	"emfile":    emfileChild,
}

func init() {
	role, ok := childRoles[os.Getenv(childRole)]
	if !ok {
		return
	}
	if err := role(os.Getenv(childArgument)); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// answerLines is the life of a child: the ready line, and an answer to each line until the parent closes stdin.
func answerLines(ready string, answer func() string) {
	fmt.Println(ready)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		fmt.Println(answer())
	}
}

type child struct {
	t     testing.TB
	ready string
	in    io.Writer
	out   *bufio.Reader
}

// startChild runs this test binary in a role, under `sh -c` with a command before it, and waits for its ready line.
func startChild(t testing.TB, before, role, argument string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", before+` exec "$0"`, self)
	cmd.Env = append(os.Environ(), childRole+"="+role, childArgument+"="+argument)
	cmd.Stderr = os.Stderr
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil || inErr != nil || outErr != nil {
		t.Fatal(err, inErr, outErr)
	}
	kill := time.AfterFunc(2*patience+*emfileTime, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the child: %v", err)
		}
		kill.Stop()
	})
	c := &child{t: t, in: in, out: bufio.NewReader(out)}
	c.ready = c.line()
	return c
}

func (c *child) line() string {
	c.t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil || strings.HasPrefix(line, "error:") {
		c.t.Fatalf("the child says %q, %v", line, err)
	}
	return strings.TrimSuffix(line, "\n")
}

// ask sends a line and returns the answer.
func (c *child) ask() string {
	c.t.Helper()
	if _, err := io.WriteString(c.in, "?\n"); err != nil {
		c.t.Fatal(err)
	}
	return c.line()
}
