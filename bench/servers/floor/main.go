//go:build linux

// Command floor does the job of the benchmark's servers with as little as possible between a message and the kernel: one
// thread, raw epoll, and one write(2) for each message and connection. It is no server to use (it trusts its clients, and has no
// limits); it shows what the kernel alone costs anybody who makes one system call a message.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"

	"fanloop/bench/servers/job"

	"golang.org/x/sys/unix"
)

func main() {
	plain := flag.Bool("http", false, "one HTTP port that answers /plaintext")
	options := job.Flags()
	runtime.LockOSThread()
	fmt.Fprintln(os.Stderr, "floor:", run(options, *plain))
	os.Exit(1)
}

// run serves for good, and returns what went wrong.
func run(o job.Options, plain bool) error {
	f, err := newFloor(o.Echo)
	if err != nil {
		return err
	}
	if plain {
		if err := f.listen(job.HTTP, &f.clients); err != nil {
			return err
		}
		return f.serve()
	}
	if err := f.listen(job.WebSocket, &f.pages); err != nil {
		return err
	}
	if !o.Echo {
		if err := f.listen(job.Text, &f.backEnds); err != nil {
			return err
		}
	}
	return f.serve()
}

// listen opens a port on loopback.
func (f *floor) listen(name string, fd *int) (err error) {
	if *fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		return err
	}
	if err := unix.Bind(*fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	if err := unix.Listen(*fd, 4096); err != nil {
		return err
	}
	addr, err := unix.Getsockname(*fd)
	if err != nil {
		return err
	}
	job.Announce(name, tcpAddr(addr))
	return f.watch(unix.EPOLL_CTL_ADD, *fd, unix.EPOLLIN)
}
