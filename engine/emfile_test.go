//go:build linux

package engine

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// emfileTime is how long TestDescriptorLimit stays at the limit, under load: go test ./engine -run DescriptorLimit -emfile 1m.
var emfileTime = flag.Duration("emfile", 500*time.Millisecond, "how long to serve without descriptors")

// emfileReport is what the child tells of itself.
type emfileReport struct {
	Stats   Stats
	Accepts int64 // calls of accept(2)
}

// emfileChild is an echo server that answers each line with a report.
func emfileChild(string) error {
	var accepts atomic.Int64
	sys := kernel
	sys.accept = func(fd int) (int, unix.Sockaddr, error) {
		accepts.Add(1)
		return kernel.accept(fd)
	}
	e, err := newEngine(Options{Logger: slog.New(slog.DiscardHandler)}, &sys)
	if err != nil {
		return err
	}
	ln, err := e.Listen("127.0.0.1:0", echo)
	if err != nil {
		return err
	}
	answerLines(ln.Addr().String(), func() string {
		report, err := json.Marshal(emfileReport{e.Stats(), accepts.Load()})
		if err != nil {
			return err.Error()
		}
		return string(report)
	})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return e.Shutdown(ctx)
}

func (c *child) report() (r emfileReport) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.ask()), &r); err != nil {
		c.t.Fatal(err)
	}
	return r
}

// A process that runs out of descriptors serves on whom it has, does not spin, and accepts again when some leave. The limit
// is a hard one: Go raises the soft one at start.
func TestDescriptorLimit(t *testing.T) {
	const limit, early, late = 64, 20, 80
	start := time.Now()
	server := startChild(t, fmt.Sprintf("ulimit -Sn %d && ulimit -Hn %d &&", limit, limit), "emfile", "")
	var clients []net.Conn
	connect := func(n int) {
		for range n {
			c, err := net.Dial("tcp", server.ready)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			_ = c.SetDeadline(time.Now().Add(patience + *emfileTime))
			clients = append(clients, c)
		}
	}
	connect(early)
	wantServed(t, clients)
	connect(late) // the kernel takes them, more than the process can have
	eventually(t, "a pause", func() bool { return server.report().Stats.AcceptPauses > 0 })
	wantServed(t, clients[:early])

	held := time.Now()
	for time.Since(held) < *emfileTime {
		wantServed(t, clients[:early])
	}

	served := int(server.report().Stats.Connections)
	if served <= early || served >= limit {
		t.Fatalf("%d connections with a limit of %d descriptors", served, limit)
	}
	wantServed(t, clients[:served]) // the kernel's queue is first come, first served
	const leaving = 10
	for _, c := range clients[:leaving] {
		c.Close()
	}
	wantServed(t, clients[leaving:served+leaving])

	r := server.report()
	// At most two tries for one that is accepted (the second finds nobody) and one a pause. The backoff has 9 pauses, which double up
	// to a second, and then one a second; it begins anew with each that is accepted in the place of one that has left, who ends a pause too.
	pauses := uint64(9+leaving*(9+1)) + uint64(time.Since(start)/time.Second)
	if r.Stats.AcceptPauses > pauses || r.Accepts > int64(2*r.Stats.Accepted+r.Stats.AcceptPauses) {
		t.Errorf("%d pauses, %d accept calls for %d connections: it spins", r.Stats.AcceptPauses, r.Accepts, r.Stats.Accepted)
	}
	for _, c := range clients {
		c.Close()
	}
	eventually(t, "all clients gone", func() bool {
		s := server.report().Stats
		return s.Connections == 0 && s.Accepted == early+late
	})
}

func wantServed(t testing.TB, clients []net.Conn) {
	t.Helper()
	for _, c := range clients {
		send(t, c, "hello")
	}
	for _, c := range clients {
		expect(t, c, "hello")
	}
}
