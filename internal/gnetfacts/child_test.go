//go:build linux

package gnetfacts

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// childRole, in the environment, names which of childRoles this process plays instead of running tests.
const childRole = "FANLOOP_GNETFACTS_CHILD"

var childRoles = map[string]func() error{
	"descriptors": descriptorsChild,
	"panics":      panicsChild,
	"logs":        logsChild,
}

type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    *bufio.Reader
	stderr bytes.Buffer
}

// startChild runs this test binary in a role.
func startChild(t *testing.T, role string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: exec.Command(self)}
	c.cmd.Env = append(os.Environ(), childRole+"="+role, "GORACE=atexit_sleep_ms=0") // which is a second otherwise
	c.cmd.Stderr = &c.stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewReader(out)
	kill := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() })
	t.Cleanup(func() { kill.Stop(); _ = c.cmd.Process.Kill() })
	return c
}

// line is the child's next line on stdout.
func (c *child) line() string {
	c.t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil {
		c.t.Fatalf("the child says %q, %v; %s", line, err, &c.stderr)
	}
	return strings.TrimSuffix(line, "\n")
}

// end waits for the child's end and returns what is left of stdout, and its status.
func (c *child) end() (rest string, status int) {
	c.t.Helper()
	left, err := io.ReadAll(c.out)
	if err != nil {
		c.t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := c.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	return string(left), c.cmd.ProcessState.ExitCode()
}
