package peers

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Events is a client of Server-Sent Events, as much of one as tests need: it does not connect again.
type Events struct {
	// Header is the answer's.
	Header http.Header
	t      testing.TB
	conn   net.Conn
	in     *bufio.Reader // of the body
}

// Listen connects to host:port or unix:/path and asks for a target such as "/events?uid=u1", with these fields, each a whole line.
// The answer has to be an event stream.
func Listen(t testing.TB, address, target string, fields ...string) *Events {
	t.Helper()
	conn := dial(t, address)
	_ = conn.SetDeadline(time.Now().Add(Bound))
	host := address
	if strings.HasPrefix(address, "unix:") {
		host = "localhost"
	}
	head := append([]string{"GET " + target + " HTTP/1.1", "Host: " + host}, fields...)
	if _, err := fmt.Fprintf(conn, "%s\r\n\r\n", strings.Join(head, "\r\n")); err != nil {
		t.Fatal("events: ", err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal("events: ", err)
	}
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || kind != "text/event-stream" {
		t.Fatalf("events: %s, %s", answer.Status, kind)
	}
	return &Events{Header: answer.Header, t: t, conn: conn, in: bufio.NewReader(answer.Body)}
}

// Next waits for an event that has data, and returns that.
func (e *Events) Next() string {
	e.t.Helper()
	_ = e.conn.SetReadDeadline(time.Now().Add(Bound))
	var data []string
	for {
		line, err := e.in.ReadString('\n')
		if err != nil {
			e.t.Fatalf("events: %v after %q", err, line)
		}
		line = strings.TrimSuffix(line, "\n")
		if text, is := strings.CutPrefix(line, "data:"); is {
			data = append(data, strings.TrimPrefix(text, " "))
		} else if line == "" && data != nil {
			return strings.Join(data, "\n")
		}
	}
}

// Ended waits until the server has ended the stream as HTTP wants it, and returns how long a browser would wait then before it connects
// again, if the server says. An event before that fails the test.
func (e *Events) Ended() (retry time.Duration) {
	e.t.Helper()
	_ = e.conn.SetReadDeadline(time.Now().Add(Bound))
	rest, err := io.ReadAll(e.in)
	if err != nil || strings.Contains(string(rest), "data") {
		e.t.Fatalf("events: got %q, %v, want the end", rest, err)
	}
	e.conn.Close()
	for line := range strings.Lines(string(rest)) {
		if ms, is := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "retry: "); is {
			if retry, err = time.ParseDuration(ms + "ms"); err != nil {
				e.t.Fatal("events: ", err)
			}
		}
	}
	return retry
}

// Close hangs up.
func (e *Events) Close() { e.conn.Close() }
