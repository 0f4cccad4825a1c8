//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// vitals are how the server is at one moment.
type vitals struct {
	connections, stalled, bound, uids, groups, streams, timers int64
	descriptors, goroutines                                    int64
	heap, rss                                                  int64 // bytes
	slowConsumers, panics                                      int64 // since the start
}

func (v vitals) String() string {
	return fmt.Sprintf("%d connections, %d with a uid, %d groups, %d timers, %d descriptors, %d goroutines, heap %d KiB, RSS %d MiB",
		v.connections, v.bound, v.groups, v.timers, v.descriptors, v.goroutines, v.heap>>10, v.rss>>20)
}

// status asks the server by its control socket.
func (v *server) status(within time.Duration) ([]byte, error) {
	conn, err := net.DialTimeout("unix", v.control, within)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(within))
	if _, err := io.WriteString(conn, "status\n"); err != nil {
		return nil, err
	}
	return bufio.NewReader(conn).ReadBytes('\n')
}

// read asks the server, and reads figures of its status by their names.
func (v *server) read(figures map[string]*int64) error {
	line, err := v.status(patience)
	if err != nil {
		return err
	}
	var m map[string]any
	if err := json.Unmarshal(line, &m); err != nil {
		return err
	}
	for name, into := range figures {
		n, ok := m[name].(float64)
		if !ok {
			return fmt.Errorf("the status has no %s", name)
		}
		*into = int64(n)
	}
	return nil
}

// vitals asks the server and the system.
func (s *soak) vitals() (v vitals, err error) {
	err = s.server.read(map[string]*int64{
		"connections": &v.connections, "stalled": &v.stalled, "bound": &v.bound, "uids": &v.uids, "groups": &v.groups,
		"event_streams": &v.streams, "timers": &v.timers, "goroutines": &v.goroutines, "memory_heap": &v.heap, "memory_rss": &v.rss,
		"slow_consumers": &v.slowConsumers, "panics": &v.panics,
	})
	if err != nil {
		return v, err
	}
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.server.cmd.Process.Pid))
	v.descriptors = int64(len(open))
	return v, err
}

// watch looks at the server every second, and says how things are every ten.
func (s *soak) watch(ctx context.Context) {
	for n := 1; pause(ctx, time.Second); n++ {
		v, err := s.vitals()
		if err == nil {
			err = s.server.log.wrong()
		}
		if err == nil && v.panics > 0 {
			err = fmt.Errorf("%d callbacks have panicked", v.panics)
		}
		if err != nil {
			s.fail("the server: %w", err)
			return
		}
		s.peak.rss, s.peak.connections = max(s.peak.rss, v.rss), max(s.peak.connections, v.connections)
		s.peak.slowConsumers = v.slowConsumers
		if n%10 == 0 {
			c := &s.counts
			s.say("%d connections, %d MiB; opened %d, pushes %d, delivered %d, visits %d, slow %d, rude %d, reloads %d", v.connections, v.rss>>20,
				c.opened.Load(), c.pushes.Load(), c.delivered.Load(), c.visits.Load(), c.slow.Load(), c.rudes(), c.reloads.Load())
		}
	}
}

// rest waits until everybody has left, and returns what is there then.
func (s *soak) rest() (v vitals) {
	if s.failed() {
		return v
	}
	for deadline := time.Now().Add(2 * patience); ; {
		var err error
		if v, err = s.vitals(); err != nil {
			s.fail("the server: %w", err)
			return v
		}
		if v.connections == 0 && v.bound == 0 && v.uids == 0 && v.groups == 0 && v.stalled == 0 && v.streams == 0 {
			break
		}
		if time.Now().After(deadline) {
			s.fail("everybody has left, and the server has %v", v)
			return v
		}
		if !pause(s.ctx, 100*time.Millisecond) {
			return v
		}
	}
	for range 2 {
		if err := s.collect(); err != nil {
			s.fail("the server: %w", err)
			return v
		}
	}
	v, err := s.vitals()
	if err != nil {
		s.fail("the server: %w", err)
	}
	return v
}

// collect has the server collect its garbage.
func (s *soak) collect() error {
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(s.server.admin + "/debug/pprof/heap?gc=1")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// compare holds one rest against the one before.
func (s *soak) compare(before, after vitals) {
	for _, c := range []struct {
		what                string
		before, after, most int64
	}{
		{"descriptors", before.descriptors, after.descriptors, before.descriptors + 2},
		{"goroutines", before.goroutines, after.goroutines, before.goroutines + 8},
		{"timers", before.timers, after.timers, before.timers + 2},
		{"bytes of heap", before.heap, after.heap, before.heap*5/4 + 4<<20},
		{"bytes of resident memory", before.rss, after.rss, before.rss*5/4 + 48<<20},
	} {
		if c.after > c.most {
			s.fail("at rest there were %d %s, and are %d", c.before, c.what, c.after)
		}
	}
}
