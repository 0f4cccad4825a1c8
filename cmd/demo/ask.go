//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// askPatience is how long a process may take for an answer: it has an engine for nothing else.
const askPatience = 10 * time.Second

var errEnded = errors.New("has ended")

// An asker asks a running process, through its control socket.
type asker struct {
	holder *holder
	conn   net.Conn
	in     *bufio.Reader
}

// askProcess connects to the process that has the pid file.
func askProcess(pidFile string) (*asker, error) {
	p, err := placeOf(pidFile)
	if err != nil {
		return nil, err
	}
	h, err := findHolder(p)
	if err != nil {
		return nil, err
	}
	conn, err := net.DialTimeout("unix", p.socket(), askPatience)
	if err != nil {
		h.close()
		return nil, fmt.Errorf("process %s runs and cannot be asked; it may be starting, or ending: %w", pidText(h.pid), err)
	}
	return &asker{h, conn, bufio.NewReader(conn)}, nil
}

func (a *asker) close() {
	a.conn.Close()
	a.holder.close()
}

// ask writes a line and reads the answer.
func (a *asker) ask(line string) (string, error) {
	_ = a.conn.SetDeadline(time.Now().Add(askPatience))
	_, err := io.WriteString(a.conn, line+"\n")
	answer := ""
	if err == nil {
		answer, err = a.in.ReadString('\n')
	}
	if err == io.EOF || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return "", fmt.Errorf("process %d %w", a.holder.pid, errEnded)
	}
	if err != nil {
		return "", fmt.Errorf("process %d does not answer: %w", a.holder.pid, err)
	}
	answer = strings.TrimSuffix(answer, "\n")
	if strings.HasPrefix(answer, "fail") {
		return "", fmt.Errorf("process %d refuses: %s", a.holder.pid, answer)
	}
	return answer, nil
}

// stopPatience is longer than a server takes to say goodbye to those who do not answer.
const stopPatience = 30 * time.Second

// stopProcess is `stop`: it returns when the process has ended.
func stopProcess(o stopOptions, stdout io.Writer) error {
	a, err := askProcess(o.pidFile)
	if err != nil {
		return err
	}
	defer a.close()
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	line, gaveUp := "stop", fmt.Sprintf("kill -9 %d ends it at once", a.holder.pid)
	if o.gently {
		line, gaveUp = "stop -g", "it ends when its last client has left; stop without -g hurries it"
	} else {
		ctx, cancel = context.WithTimeout(ctx, stopPatience)
		defer cancel()
	}
	if _, err := a.ask(line); err != nil && !errors.Is(err, errEnded) {
		return err
	}
	a.conn.Close()
	if o.gently {
		fmt.Fprintf(stdout, "fanloop: process %d takes no more connections, and %s\n", a.holder.pid, gaveUp)
	}
	if err := awaitEnd(ctx, a.holder, gaveUp); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "fanloop: process %d has ended\n", a.holder.pid)
	return err
}
