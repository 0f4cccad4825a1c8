package peers

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// A Backend is a client of the text protocol.
type Backend struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

// Connect connects to host:port or unix:/path.
func Connect(t testing.TB, address string) *Backend {
	t.Helper()
	conn := dial(t, address)
	return &Backend{t: t, conn: conn, in: bufio.NewReader(conn)}
}

// Ask writes a line and waits for the answer.
func (b *Backend) Ask(line string) string {
	b.t.Helper()
	b.Write(line + "\n")
	return b.Answer()
}

// Write writes bytes as they are.
func (b *Backend) Write(bytes string) {
	b.t.Helper()
	_ = b.conn.SetWriteDeadline(time.Now().Add(Bound))
	if _, err := io.WriteString(b.conn, bytes); err != nil {
		b.t.Fatal("back end: ", err)
	}
}

// Answer waits for the next line and returns it without its line end.
func (b *Backend) Answer() string {
	b.t.Helper()
	_ = b.conn.SetReadDeadline(time.Now().Add(Bound))
	line, err := b.in.ReadString('\n')
	if err != nil {
		b.t.Fatalf("back end: %v, after %q", err, line)
	}
	return strings.TrimSuffix(line, "\n")
}

// Close hangs up.
func (b *Backend) Close() { b.conn.Close() }

// Ended waits until the server has hung up, and hangs up too; a line before that fails the test.
func (b *Backend) Ended() {
	b.t.Helper()
	_ = b.conn.SetReadDeadline(time.Now().Add(Bound))
	if rest, err := io.ReadAll(b.in); err != nil || len(rest) > 0 {
		b.t.Fatalf("back end: got %q, %v, want the end", rest, err)
	}
	b.conn.Close()
}
