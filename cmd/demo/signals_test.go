//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"fanloop/internal/peers"
)

// newPTY is a terminal: what a terminal program has, and what its shell has.
func newPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		lack(t, "/dev/ptmx, for terminals, is missing: mount devpts: "+err.Error())
	}
	t.Cleanup(func() { master.Close() })
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// launchOn runs the program on a terminal, as a terminal program does that runs it in place of a shell.
func launchOn(t *testing.T, slave *os.File, command ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(command[0], command[1:]...), stdout: peers.NewLines(), stderr: peers.NewLines(), ended: make(chan struct{})}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = slave, p.stdout, p.stderr
	p.cmd.Env = append(os.Environ(), testRole+"="+asProgram, "GORACE=atexit_sleep_ms=0")
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP) // what is heard here has its usual effect there, though the tests be run by nohup
	defer signal.Stop(heard)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.cleanUp)
	return p
}

// A process in the foreground of a terminal ends when that closes; before that SIGHUP is a reload.
func TestTerminalCloses(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	master, slave := newPTY(t)
	p := launchOn(t, slave, self, "-listen", "text://127.0.0.1:0")
	slave.Close()
	p.stdout.Await(t, "listens on", 1)
	p.signal(syscall.SIGHUP)
	p.stderr.Await(t, "there is nothing to reload", 1)
	master.Close()
	p.stderr.Await(t, "saying goodbye", 1)
	p.wantExit(0)
}

// One that nohup has started stays when the terminal closes.
func TestTerminalClosesBehindNohup(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	need(t, "nohup", "apt-get install coreutils")
	master, slave := newPTY(t)
	p := launchOn(t, slave, "nohup", self, "-listen", "text://127.0.0.1:0")
	slave.Close()
	p.stdout.Await(t, "listens on", 1)
	master.Close()
	p.stderr.Await(t, "there is nothing to reload", 1)
	if lines := p.stderr.Holding("goodbye"); len(lines) > 0 {
		t.Error(strings.Join(lines, "\n"))
	}
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
}
