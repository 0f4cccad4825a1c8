//go:build linux

package client

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A server is the process that is measured, with its children (Workerman works in a child).
type server struct{ pids []int }

func newServer(pid int) *server {
	s := &server{}
	s.add(pid, 4)
	return s
}

func (s *server) add(pid, depth int) {
	if pid <= 0 || depth == 0 {
		return
	}
	s.pids = append(s.pids, pid)
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return // gone, or a kernel without this file
	}
	for _, field := range bytes.Fields(children) {
		if child, err := strconv.Atoi(string(field)); err == nil {
			s.add(child, depth-1)
		}
	}
}

// cpu is the CPU time that the processes have used, user and system, in seconds. The clock of a process counts in nanoseconds; what
// /proc/PID/stat says is the same in hundredths of a second, too coarse for a run of one.
func (s *server) cpu() (seconds float64) {
	for _, pid := range s.pids {
		var t unix.Timespec
		if unix.ClockGettime(cpuClock(pid), &t) == nil {
			seconds += float64(t.Nano()) / 1e9
		}
	}
	return seconds
}

// cpuClock is the clock of another process's CPU time, as clock_getcpuclockid(3) makes it.
func cpuClock(pid int) int32 {
	const scheduled = 2
	return int32(^pid<<3 | scheduled)
}

// rss is the resident memory in bytes: VmRSS now, or VmHWM for the most there has been since the start.
func (s *server) rss(field string) (total float64) {
	for _, pid := range s.pids {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		_, after, _ := strings.Cut(string(status), field+":")
		value, _, _ := strings.Cut(strings.TrimSpace(after), " ")
		kib, _ := strconv.ParseFloat(value, 64)
		total += kib * 1024
	}
	return total
}

const (
	residentNow  = "VmRSS"
	residentPeak = "VmHWM"
)

// ownCPU is what this process has used, in seconds.
func ownCPU() float64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t) // cannot fail
	return float64(t.Nano()) / 1e9
}
