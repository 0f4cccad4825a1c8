//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// An answer is what a push was answered. Of plain lines the counts are not known, and 0.
type answer struct {
	ok, counted    bool
	taken, refused int
	text           string
}

// A way is how a publisher pushes: messages, and their answers in the same order.
type way interface {
	push(messages [][]byte) ([]answer, error)
	close()
}

// ways are those of the publishers.
var ways = []struct {
	protocol string
	many     bool // text: as commands; HTTP: in batches
}{{"text", false}, {"text", true}, {"texts", false}, {"http", true}, {"https", true}, {"http", false}}

func (s *soak) openWay(ctx context.Context, i int) (way, error) {
	switch w := ways[i]; w.protocol {
	case "http", "https":
		return s.openRequests(w.protocol, w.many), nil
	default:
		return s.openLines(ctx, w.protocol, w.many)
	}
}

// lines is a connection to a text port. With commands each message is the data of one.
type lines struct {
	conn     net.Conn
	in       *bufio.Reader
	commands bool
}

func (s *soak) openLines(ctx context.Context, protocol string, commands bool) (*lines, error) {
	conn, err := s.dial(ctx, s.server.doors[protocol], false)
	if err != nil {
		return nil, err
	}
	return newLines(conn, commands), nil
}

func newLines(conn net.Conn, commands bool) *lines {
	return &lines{conn, bufio.NewReader(conn), commands}
}

func (l *lines) close() { _ = l.conn.Close() }

func (l *lines) push(messages [][]byte) ([]answer, error) {
	var out []byte
	for _, m := range messages {
		if l.commands {
			out = append(append(append(out, `{"$cmd":"push",`...), member(m)...), `,"data":`...)
			m = append(bytes.Clone(m), '}')
		}
		out = append(append(out, m...), '\n')
	}
	return l.ask(out, len(messages))
}

// member is the one of a message that names whom it is for.
func member(m []byte) []byte {
	_, rest, _ := bytes.Cut(m, []byte(`",`))
	name, _, _ := bytes.Cut(rest, []byte(`,"pad"`))
	return name
}

// ask writes lines and reads n answers.
func (l *lines) ask(out []byte, n int) ([]answer, error) {
	_ = l.conn.SetDeadline(time.Now().Add(patience))
	if _, err := l.conn.Write(out); err != nil {
		return nil, err
	}
	var all []answer
	for range n {
		text, err := l.in.ReadString('\n')
		if err != nil {
			return all, err
		}
		a, err := readAnswer(strings.TrimSuffix(text, "\n"))
		if err != nil {
			return all, err
		}
		all = append(all, a)
	}
	return all, nil
}

func readAnswer(text string) (answer, error) {
	verdict, object, counted := strings.Cut(text, " ")
	a := answer{ok: verdict == "ok", counted: counted, text: text}
	if !a.ok && verdict != "fail" {
		return a, &violation{fmt.Errorf("an answer that is none: %.200q", text)}
	}
	if counted {
		return a, a.count([]byte(object))
	}
	return a, nil
}

func (a *answer) count(object []byte) error {
	var counts struct{ Taken, Refused int }
	if err := json.Unmarshal(object, &counts); err != nil {
		return &violation{fmt.Errorf("an answer that is none: %w: %.200q", err, object)}
	}
	a.taken, a.refused = counts.Taken, counts.Refused
	return nil
}

// requests push over HTTP, in batches or one by one.
type requests struct {
	client  *http.Client
	url     string
	batches bool
}

func (s *soak) openRequests(protocol string, batches bool) *requests {
	transport := &http.Transport{MaxConnsPerHost: 1, TLSClientConfig: s.keys.config.Clone()}
	s.counts.opened.Add(1)
	return &requests{&http.Client{Transport: transport, Timeout: patience}, protocol + "://" + s.server.doors[protocol].address + "/push", batches}
}

func (q *requests) close() { q.client.CloseIdleConnections() }

func (q *requests) push(messages [][]byte) (all []answer, err error) {
	if q.batches {
		out, err := q.post("application/x-ndjson", bytes.Join(messages, []byte("\n")))
		for line := range bytes.Lines(out) {
			a := answer{counted: true, text: string(line)}
			a.ok = bytes.HasPrefix(line, []byte(`{"status":200`))
			err = errors.Join(err, a.count(line))
			all = append(all, a)
		}
		return all, err
	}
	for _, m := range messages {
		out, err := q.post("application/json", m)
		if err != nil {
			return all, err
		}
		a := answer{counted: true, text: string(out)}
		a.ok = !bytes.Contains(out, []byte(`"title"`))
		if err := a.count(out); err != nil {
			return all, err
		}
		all = append(all, a)
	}
	return all, nil
}

func (q *requests) post(kind string, body []byte) ([]byte, error) {
	response, err := q.client.Post(q.url, kind, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// A desk is a back end that many ask, one after the other.
type desk struct {
	mu sync.Mutex
	*lines
}

// command asks one, and returns what it was answered.
func (d *desk) command(format string, args ...any) (answer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all, err := d.ask(fmt.Appendf(nil, format+"\n", args...), 1)
	if err != nil {
		return answer{}, err
	}
	return all[0], nil
}
