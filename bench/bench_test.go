//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"fanloop/bench/servers/job"
)

// TestMain plays the parts that the bench starts itself again for.
func TestMain(m *testing.M) {
	if part := os.Getenv(partVariable); part != "" {
		exit(playPart(part, os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// tiny is a run of what needs nothing from the network: ours and the floor.
const tiny = "-quick -servers fanloop,fanloop-made,fanloop-mount,fanloop-ws,floor -burners 2 -connections 50 -step-messages 5 -burst-messages 20 -one-connections 10 -one-messages 20 " +
	"-many-messages 200 -echo-connections 10 -echo-messages 100 -storm-connections 50 -tls-connections 50 -patience 120 -scenarios "

// TestTiny checks that every part works together and that nothing is lost; never a time.
func TestTiny(t *testing.T) {
	scenarios := "step,burst,one,many,echo,storm,http,sse,busy,tls"
	if testing.Short() {
		scenarios = "step"
	}
	var table, progress bytes.Buffer
	args := append(strings.Fields(tiny+scenarios), "-out", t.TempDir())
	if err := run(t.Context(), args, &table, &progress); err != nil {
		t.Fatalf("%v\n%s%s", err, progress.String(), table.String())
	}
	for _, name := range strings.Split(scenarios, ",") {
		if !strings.Contains(table.String(), "\n## "+name) {
			t.Errorf("%s is not in the table:\n%s", name, table.String())
		}
	}
}

// TestLoss: a server that does not deliver is found out.
func TestLoss(t *testing.T) {
	o, err := parseOptions(strings.Fields("-quick -scenarios step -patience 0.2"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	s := plan(&o)[0]
	ports := ""
	for _, name := range []string{job.WebSocket, job.Text} {
		ln, err := net.Listen("tcp", job.Loopback)
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close() // nobody accepts, nobody answers
		ports += fmt.Sprintf("%s://%s\n", name, ln.Addr())
	}
	deaf := &contestant{Name: "deaf", commands: map[string][]string{kindPush: {"sh", "-c", `printf "$1"; exec sleep 1000`, "sh", ports}}}
	result := measure(t.Context(), deaf, s)
	if result.Whole() || result.Failure == "" {
		t.Errorf("%+v", result)
	}
}

// TestInterrupted: the end of the context is the end of the servers.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := start(ctx, []string{"sh", "-c", "echo '  text://127.0.0.1:1'; exec sleep 1000"}, "text")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	p.stopped()
	if err := syscall.Kill(p.cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the server is still there: %v", err)
	}
}

func TestServerThatSaysNothing(t *testing.T) {
	if _, err := start(t.Context(), []string{"sh", "-c", "echo nothing; echo why >&2"}, "text"); err == nil || !strings.Contains(err.Error(), "why") {
		t.Errorf("%v", err)
	}
	if _, err := start(t.Context(), []string{"/does/not/exist"}, "text"); err == nil {
		t.Error("a program that does not exist was started")
	}
}
