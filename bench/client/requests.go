//go:build linux

package client

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"fanloop/bench/servers/job"
)

// runHTTP lets every connection have requests on their way, as many as are pipelined, all the time.
func runHTTP(m *measurement) error {
	m.rssStart = m.server.rss(residentNow)
	r := newRequests(m)
	if err := m.connectAll(); err != nil {
		return err
	}
	if err := r.run(m.job.Seconds / warmShare); err != nil {
		return err
	}
	if err := m.pause(seconds(m.job.Settle)); err != nil {
		return err
	}
	m.received, m.expected, m.latency = 0, 0, newHistogram()
	m.begin()
	err := r.run(m.job.Seconds)
	m.end()
	m.perMessage(m.received)
	return err
}

// warmShare is how much shorter than the measurement the requests before it are, for servers that compile while they run.
const warmShare = 4

// requests is a run in which the last of a connection's answers sends its next requests.
type requests struct {
	m     *measurement
	batch []byte // as many requests as are pipelined
	one   int    // the length of each
	right answer // what an answer was, to know the next ones by
	until int64  // when the last requests are sent
	err   error
}

// An answer that was found right. All but its Date must be the same the next time.
type answer struct {
	text     []byte
	from, to int // where the Date is
}

func newRequests(m *measurement) *requests {
	request := "GET /plaintext HTTP/1.1\r\nHost: " + m.job.HTTP + "\r\n\r\n"
	r := &requests{m: m, one: len(request), batch: bytes.Repeat([]byte(request), max(m.job.Pipeline, 1))}
	m.pages.take = r.take
	return r
}

// run sends requests over all connections for a while, and waits for the answers.
func (r *requests) run(time float64) error {
	r.until = r.m.now() + int64(seconds(time))
	for i := range r.m.conns {
		r.send(&r.m.conns[i], r.m.now())
	}
	return errors.Join(r.m.until("requesting", func() bool { return r.err != nil || r.m.received+r.m.misplaced >= r.m.expected }), r.err)
}

func (r *requests) send(c *conn, now int64) {
	c.owed, c.began = len(r.batch)/r.one, now
	r.m.expected += int64(c.owed)
	if err := r.m.send(c, r.batch); err != nil {
		r.err = err
	}
}

// take counts answers. One that looks as the last one did, but for its Date, is not read again.
func (r *requests) take(l *load, c *conn, p []byte, now int64) (used int, err error) {
	had := c.owed
	for c.owed > 0 {
		n := r.right.again(p[used:])
		if n == 0 {
			if n, err = r.read(p[used:]); n == 0 || err != nil {
				break
			}
		}
		used += n
		c.owed--
	}
	if got := had - c.owed; got > 0 {
		l.received += int64(got)
		l.latency.recordAll(now-c.began, got)
	}
	switch {
	case err != nil:
	case c.owed == 0 && len(p) > used:
		l.misplaced++ // more than was asked for
		return len(p), nil
	case c.owed == 0 && now < r.until:
		r.send(c, now)
	}
	return used, err
}

// again is the length of the answer at the front of p, if it is the one that is known, and 0 if not.
func (a *answer) again(p []byte) int {
	n := len(a.text)
	if n == 0 || len(p) < n || !bytes.Equal(p[:a.from], a.text[:a.from]) || !bytes.Equal(p[a.to:n], a.text[a.to:]) {
		return 0
	}
	return n
}

var errAnswered = errors.New("a request was not answered as it should be")

// read reads an answer in full. The length is 0 when it is not all there.
func (r *requests) read(p []byte) (length int, err error) {
	n := bytes.Index(p, []byte("\r\n\r\n"))
	if n < 0 {
		return 0, nil
	}
	head := bytes.ToLower(p[:n+2])
	size, err := strconv.Atoi(string(fieldOf(head, "content-length", p)))
	length = n + 4 + size
	switch {
	case !bytes.HasPrefix(p, []byte("HTTP/1.1 200 ")) || err != nil || size != len(job.Plaintext):
		return 0, fmt.Errorf("%w: %.200q", errAnswered, p)
	case len(p) < length:
		return 0, nil
	case string(p[n+4:length]) != job.Plaintext:
		return 0, fmt.Errorf("%w: %.200q", errAnswered, p)
	}
	date := fieldOf(head, "date", p)
	r.right = answer{text: bytes.Clone(p[:length])}
	if date != nil {
		r.right.from = cap(p) - cap(date)
		r.right.to = r.right.from + len(date)
	}
	return length, nil
}

// fieldOf is the value, within p, of a field whose name stands in p's lower-cased head.
func fieldOf(head []byte, name string, p []byte) []byte {
	i := bytes.Index(head, []byte("\r\n"+name+":"))
	if i < 0 {
		return nil
	}
	from := i + 2 + len(name) + 1
	return bytes.TrimSpace(p[from : from+bytes.IndexByte(p[from:], '\r')])
}
