package loglimit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"testing/synctest"
	"time"
)

// logged is a log of one word a record: its message, or what was left out of which.
type logged struct {
	*slog.Logger
	handler *Handler
	mu      sync.Mutex
	words   []string
}

func newLog(o Options) *logged {
	g := &logged{}
	g.handler = New(slog.NewJSONHandler(g, &slog.HandlerOptions{Level: slog.LevelDebug}), o)
	g.Logger = slog.New(g.handler)
	return g
}

func (g *logged) Write(line []byte) (int, error) {
	var r struct {
		Level, Msg, Of string
		Count          int
		Within         time.Duration
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return 0, err
	}
	word := r.Msg
	if r.Count > 0 {
		word = fmt.Sprintf("%s %d %s in %v", r.Level, r.Count, r.Of, r.Within)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.words = append(g.words, word)
	return len(line), nil
}

// take returns the words since the last time.
func (g *logged) take() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	words := strings.Join(g.words, ", ")
	g.words = nil
	return words
}

func (g *logged) expectKinds(t *testing.T, want int) {
	t.Helper()
	l := g.handler.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.kinds); n != want {
		t.Errorf("%d kinds are kept, want %d", n, want)
	}
}

func expect(t *testing.T, g *logged, want string) {
	t.Helper()
	if got := g.take(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newLog(Options{First: 3, Window: time.Minute})
		for i := range 1000 {
			g.Warn("a", "i", i)
		}
		g.Warn("b")
		expect(t, g, "a, a, a, b")
		time.Sleep(time.Minute - time.Nanosecond)
		synctest.Wait()
		expect(t, g, "")
		g.Warn("a")
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		expect(t, g, "WARN 998 a in 1m0s")
		g.Warn("a")
		expect(t, g, "a")
		time.Sleep(time.Hour)
		synctest.Wait()
		expect(t, g, "") // nothing was left out, so nothing is said
	})
}

// A flood that goes on is that many lines a window, and one more.
func TestLastingFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newLog(Options{First: 2, Window: 10 * time.Second})
		for range 3 * 1429 { // in each window, of which 7 ms is no part
			g.Error("x")
			time.Sleep(7 * time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		expect(t, g, "x, x, ERROR 1427 x in 10s, x, x, ERROR 1427 x in 10s, x, x, ERROR 1427 x in 10s")
	})
}

func TestKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newLog(Options{First: 1, Window: time.Second})
		for range 2 {
			g.Info("a")
			g.Warn("a") // another level is another kind
			g.With("k", "v").Warn("a")
			g.WithGroup("g").Warn("a", "k", "v")
		}
		expect(t, g, "a, a")
		g.handler.Flush()
		if got := g.take(); got != "INFO 1 a in 1s, WARN 5 a in 1s" && got != "WARN 5 a in 1s, INFO 1 a in 1s" {
			t.Errorf("got %q", got)
		}
		g.Info("a")
		expect(t, g, "a")
		time.Sleep(time.Hour)
		synctest.Wait()
		expect(t, g, "") // the timers of before have nothing to tell
	})
}

func TestFrom(t *testing.T) {
	g := newLog(Options{First: 1})
	for range 3 {
		g.Debug("d")
	}
	expect(t, g, "d, d, d")
	var level slog.LevelVar
	level.Set(slog.LevelError)
	g = newLog(Options{First: 1, From: &level})
	g.Warn("w")
	g.Warn("w")
	level.Set(slog.LevelWarn)
	g.Warn("w")
	g.Warn("w")
	expect(t, g, "w, w, w")
	g = newLog(Options{First: -1})
	for range 100 {
		g.Warn("w")
	}
	if got := len(strings.Split(g.take(), ", ")); got != 100 {
		t.Errorf("%d lines", got)
	}
}

// Messages that are not constant fill no memory: those beyond so many kinds are one kind, until there is room again.
func TestManyKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newLog(Options{First: 1, Kinds: 3, Window: time.Second})
		for i := range 1000 {
			g.Info(fmt.Sprint(i))
		}
		expect(t, g, "0, 1, 2, 3")
		g.expectKinds(t, 4)
		time.Sleep(time.Second)
		synctest.Wait()
		expect(t, g, "INFO 996  in 1s")
		g.Info("new")
		g.Info("new")
		expect(t, g, "new")
		g.expectKinds(t, 1)
		g.handler.Flush()
	})
}

func TestManyGoroutines(t *testing.T) {
	var lines, left int
	g := newLog(Options{First: 5, Window: time.Hour})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 500 {
				g.Warn("w")
			}
		})
	}
	all.Wait()
	g.handler.Flush()
	for _, word := range strings.Split(g.take(), ", ") {
		if word == "w" {
			lines++
		} else if _, err := fmt.Sscanf(word, "WARN %d w in", &left); err != nil {
			t.Error(word, err)
		}
	}
	if lines != 5 || left != 8*500-5 {
		t.Errorf("%d lines, %d left out", lines, left)
	}
}

// It is a handler as slog wants one.
func TestConformance(t *testing.T) {
	var out bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		out.Reset()
		return New(slog.NewJSONHandler(&out, nil), Options{})
	}, func(t *testing.T) map[string]any {
		var record map[string]any
		if err := json.Unmarshal(out.Bytes(), &record); err != nil {
			t.Fatal(err)
		}
		return record
	})
}

func TestEnabled(t *testing.T) {
	h := New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelWarn}), Options{})
	if h.Enabled(t.Context(), slog.LevelInfo) || !h.Enabled(t.Context(), slog.LevelWarn) {
		t.Error("it is not the handler behind that decides")
	}
}

// What is left out costs no memory.
func TestAllocations(t *testing.T) {
	h := New(slog.NewTextHandler(io.Discard, nil), Options{First: 1, Window: time.Hour})
	defer h.Flush()
	r := slog.NewRecord(time.Now(), slog.LevelWarn, "w", 0)
	handle := func() {
		if err := h.Handle(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	handle()
	handle()
	if n := testing.AllocsPerRun(100, handle); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func ExampleNew() {
	log := slog.New(New(slog.NewTextHandler(io.Discard, nil), Options{First: 3, Window: time.Minute}))
	for attempt := range 1000 {
		log.Warn("no such user", "attempt", attempt) // three lines, and after a minute one more that tells of 997
	}
}
