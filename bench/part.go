//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"fanloop/bench/client"
	"fanloop/bench/hubalone"
)

// The bench plays its measuring parts in processes of their own: it starts itself again with this variable set. A job goes in as
// JSON, a result comes out.
const partVariable = "FANLOOP_BENCH_PART"

const (
	partClient = "client"
	partHub    = "hub"
)

func playPart(part string, in io.Reader, out io.Writer) error {
	switch part {
	case partClient:
		return play(in, out, client.Run)
	case partHub:
		return play(in, out, hubalone.Run)
	}
	return fmt.Errorf("%s=%s: there is no such part", partVariable, part)
}

func play[Job, Result any](in io.Reader, out io.Writer, do func(Job) Result) error {
	var job Job
	if err := json.NewDecoder(in).Decode(&job); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(do(job))
}

// inPart does a job in a process of its own, which ends with ctx.
func inPart[Job, Result any](ctx context.Context, part string, job Job) (result Result, err error) {
	self, err := os.Executable()
	if err != nil {
		return result, err
	}
	in, err := json.Marshal(job)
	if err != nil {
		return result, err
	}
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), partVariable+"="+part)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &complaints
	tie(cmd)
	if err := cmd.Run(); err != nil {
		return result, fmt.Errorf("the %s: %w: %.2000s", part, err, complaints.Bytes())
	}
	return result, json.Unmarshal(out.Bytes(), &result)
}

// tie makes a child end with this process, however that ends, and the child's own children with it.
func tie(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
}
