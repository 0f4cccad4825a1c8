//go:build linux

package engine

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

// who is a Value that says who the peer is.
type who string

func (w who) LogValue() slog.Value { return slog.GroupValue(slog.String("uid", string(w))) }

// hostile is a name that would be another line, or move a terminal's cursor, if it were written as it is.
const hostile = "u\nlevel=ERROR msg=forged\r\x1b[2J\x00\u202e\xff"

func TestConnLog(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	c := s.connect(handler{}).conn
	c.remote = endpointOf(netip.MustParseAddrPort("192.0.2.1:99"))
	defer func() { c.remote = endpoint{} }() // no listener has counted the address
	for _, test := range []struct {
		value any
		attr  func() slog.Attr
		want  string
	}{
		{nil, c.Log, ""},
		{17, c.Log, ""},
		{who("u1"), c.Log, " uid=u1"},
		{who("u1"), c.Ref().Log, ""},
		{who(hostile), c.Log, ` uid="u\nlevel=ERROR msg=forged\r\x1b[2J\x00\u202e\xff"`},
	} {
		var out bytes.Buffer
		c.SetValue(test.value)
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", test.attr())
		line := strings.TrimSuffix(out.String(), "\n")
		_, got, _ := strings.Cut(line, "msg=m conn="+strconv.FormatUint(c.ID(), 10)+" addr=192.0.2.1:99")
		if got != test.want || strings.ContainsAny(line, "\n\r\x1b\x00") {
			t.Errorf("%v: %q, want %q", test.value, got, test.want)
		}
	}
}

// A connection's life is two lines, for whoever wants as much.
func TestOpenedAndClosedAreLogged(t *testing.T) {
	for level, want := range map[slog.Level]int{slog.LevelDebug: 1, slog.LevelInfo: 0} {
		log := &testLog{t: t}
		e := testEngine(t, Options{Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level}))})
		ended := make(chan struct{})
		ln := listen(t, e, handler{
			open:  func(c *Conn) { c.SetValue(who("u1")) },
			close: func(*Conn, error) { close(ended) },
		})
		peer := dial(t, ln)
		peer.Close()
		await(t, "the end", ended)
		opened := countLines(log, `msg="engine: opened" conn=`)
		if opened != want || countLines(log, "listener="+ln.Addr().String()) != want {
			t.Errorf("%v: %d lines say opened, want %d", level, opened, want)
		}
		if n := countLines(log, `addr=`+peer.LocalAddr().String()+` uid=u1 err=EOF`); n != want {
			t.Errorf("%v: %d lines say closed, want %d", level, n, want)
		}
	}
}

// The default logger is slog's, and no peer can flood it.
func TestDefaultLogger(t *testing.T) {
	var out bytes.Buffer
	before := slog.Default()
	defer slog.SetDefault(before)
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	log := Options{}.withDefaults().Logger
	for range 1000 {
		log.Warn("again", "err", errors.New("x"))
	}
	if n := strings.Count(out.String(), "again"); n == 0 || n > 20 {
		t.Errorf("%d lines of 1000", n)
	}
	own := slog.New(slog.NewTextHandler(io.Discard, nil))
	if (Options{Logger: own}).withDefaults().Logger != own {
		t.Error("a logger that is given is used as it is")
	}
}

// Others may log a connection while its loop learns from a proxy whose it is.
func TestRefLogWhileRenamed(t *testing.T) {
	e := testEngine(t, Options{})
	conns := make(chan *Conn, 1)
	ln := listen(t, e, handler{open: func(c *Conn) { conns <- c }}, ListenOptions{TrustedProxies: loopback})
	dial(t, ln)
	c := await(t, "OnOpen", conns)
	attr := c.Ref().Log()
	const client = "192.0.2.7:80"
	seen := make(chan struct{})
	go func() {
		defer close(seen)
		for {
			if group := attr.Value.Resolve().Group(); group[1].Value.String() == client {
				return
			}
		}
	}()
	on(t, e.Home(), func() { _ = c.SetRemoteAddr(netip.MustParseAddrPort(client)) })
	await(t, "the address", seen)
}
