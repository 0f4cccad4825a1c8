//go:build linux

package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"fanloop/internal/peers"
)

func TestStatus(t *testing.T) {
	d := newHome(t).startDaemon("-loops", "1", "-bind-timeout", "off", "-ping-interval", "off")
	a, b, stranger := d.page("u1"), d.page("u1"), peers.OpenPage(t, d.websocket)
	backend := peers.Connect(t, d.text)
	a.Say(`{"join":"g"}`)
	a.Settle()
	expect(t, backend, `{"uid":"u1"}`, "ok", a, b)
	expect(t, backend, `{"group":"g"}`, "ok", a)
	expect(t, backend, `{"uid":"nobody"}`, "fail")

	s := d.status()
	if s.Version != version() || s.Process != d.pid || s.State != stateRunning || s.Uptime <= 0 || s.Uptime > time.Since(s.Started).Seconds()+1 {
		t.Errorf("version %q, process %d, state %s, started %v, up %v s", s.Version, s.Process, s.State, s.Started, s.Uptime)
	}
	got := map[string]any{
		"connections": s.Connections, "stalled": s.Stalled, "bound": s.Bound, "uids": s.UIDs, "groups": s.Groups, "accepted": s.Accepted,
		"in": s.MessagesIn, "out": s.MessagesOut, "pushes": s.Pushes, "offline": s.Offline,
		"others": s.Refused + s.Kicked + s.SlowConsumers + s.DroppedNewest + s.DroppedOldest + s.Conflated + s.OutboxFull + s.HeldBack + s.MemorySpent + s.MemoryClosed + s.Lingered + s.Panics + s.AcceptPauses,
	}
	want := "map[accepted:4 bound:2 connections:4 groups:1 in:6 offline:1 others:0 out:3 pushes:3 stalled:0 uids:1]"
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
	if s.BytesIn < 300 || s.BytesOut < 300 || s.RSS < 1<<20 || s.Heap < 1<<10 || s.Heap > s.RSS || s.Goroutines < 2 {
		t.Errorf("%d and %d bytes, memory %d and %d, %d goroutines", s.BytesIn, s.BytesOut, s.RSS, s.Heap, s.Goroutines)
	}
	wantListeners := []listenerStatus{{"websocket", "websocket://" + d.websocket, 3, 3}, {"text", "text://" + d.text, 1, 1}}
	if fmt.Sprint(s.Listeners) != fmt.Sprint(wantListeners) {
		t.Errorf("listeners %v, want %v", s.Listeners, wantListeners)
	}
	if s.TurnP50 <= 0 || s.TurnP99 < s.TurnP50 || s.TurnP999 < s.TurnP99 || s.TurnMax < s.TurnP999 || s.TurnMax > s.Uptime {
		t.Errorf("turns %v, %v, %v, %v", s.TurnP50, s.TurnP99, s.TurnP999, s.TurnMax)
	}
	if s.WebSockets != 3 || s.WebSocketsRefused+s.OriginsRefused+s.PongTimeouts+s.Breaches+s.RatePauses+s.RateCloses+s.Unbound != 0 {
		t.Errorf("WebSockets %+v", s)
	}
	if s.PushP50 <= 0 || s.PushP99 < s.PushP50 || s.PushP999 < s.PushP99 || s.PushMax < s.PushP999 || s.PushMax > s.Uptime {
		t.Errorf("pushes %v, %v, %v, %v", s.PushP50, s.PushP99, s.PushP999, s.PushMax)
	}
	if len(s.Loops) != 1 || s.Loops[0].Connections != 4 || s.Loops[0].BytesIn != s.BytesIn || s.Loops[0].BytesOut != s.BytesOut ||
		s.Loops[0].BusySeconds <= 0 || s.Loops[0].Busy < 0 || s.Loops[0].Busy > 1 || s.Measured < 0.1 {
		t.Errorf("loops %+v, measured %v s", s.Loops, s.Measured)
	}

	text := succeed(t, d.args("status")...)
	for _, part := range []string{
		"fanloop " + version() + "\n", fmt.Sprintf("\nprocess %d, running, up 00:", d.pid),
		"messages in             6   messages out           3   refused", "offline              1",
		"websocket://" + d.websocket + "           3           3\n", "text://" + d.text,
		"slow consumers", "accept pauses", "panics", "memory, RSS", "goroutines", "\n   0 ",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
	for _, p := range []*peers.Page{a, b, stranger} {
		p.Close()
	}
	backend.Close()
	d.stop()
}

var someStatus = status{
	Version: "v1.2.3", Process: 4711, State: stateRunning, Uptime: 93784.9,
	Connections: 100000, Stalled: 3, Bound: 99998, UIDs: 54321, Groups: 77,
	MessagesIn: 123456789, MessagesOut: 9876543210, BytesIn: 1 << 40, BytesOut: 5 << 50,
	Accepted: 123456, AcceptPauses: 1, Pushes: 8, Offline: 9, Refused: 10, Kicked: 11, SlowConsumers: 12, DroppedNewest: 16, DroppedOldest: 17, Conflated: 18, HeldBack: 13, SlowCallbacks: 14, Handshakes: 24, HandshakesFailed: 25, HandshakesGone: 26, OverConnections: 27, OverAddress: 28, OverRate: 29, RatePauses: 35, RateCloses: 36, Unbound: 37, IdleBackEnds: 38, NamesTooLong: 39, TooManyGroups: 40, ProxyHeaders: 30, ProxyMalformed: 31, ProxyTimeouts: 32, MemoryUsed: 5 << 20, MemorySpent: 33, MemoryClosed: 34, Panics: 15,
	RSS: 200 << 20, Heap: 1500 << 10, Goroutines: 6, Measured: 1.04,
	Listeners: []listenerStatus{
		{"websocket", "websocket://0.0.0.0:1234", 99999, 123450},
		{"text", "text://unix:/run/push/text.sock", 1, 6},
	},
	Requests: 21, EventStreams: 22, RequestsRefused: 23,
	WebSockets: 33, WebSocketsRefused: 34, OriginsRefused: 35, PongTimeouts: 36, Breaches: 37, OutboxFull: 41,
	Identified: 42, IdentityRefused: 43, IdentityMissing: 44, IdentityExpired: 45, IdentityUnanswered: 46, BackEndsRefused: 47,
	PushP50: 7e-6, PushP99: 78e-6, PushP999: 0.0009, PushMax: 1.5,
	TurnP50: 12e-6, TurnP99: 345e-6, TurnP999: 0.0031, TurnMax: 0.25,
	Loops: []loopStatus{
		{Busy: 0.1234, Connections: 50001, Stalled: 3, BytesIn: 512, BytesOut: 2048},
		{Busy: 1, Connections: 49999, BytesIn: 1 << 30, BytesOut: 1 << 20},
	},
}

const someText = `fanloop v1.2.3
process 4711, running, up 1d 02:03:04

connections        100000   with a uid         99998   stalled              3
uids                54321   groups                77   accepted        123456
messages in     123456789   messages out  9876543210   refused             10
bytes in          1.0 TiB   bytes out        5.0 PiB   offline              9
slow consumers         12   held back             13   kicked              11
dropped newest         16   dropped old           17   conflated           18
requests               21   event streams         22   not served          23
TLS handshakes         24   failed                25   gave way            26
over limit             27   an address's          28   its rate            29
fast, paused           35   fast, closed          36   without uid         37
back ends idle         38   long names            39   many groups         40
PROXY headers          30   malformed             31   too late            32
WebSockets             33   refused               34   no pong             36
broken rules           37   other origin          35   outbox full         41
identified             42   refused               43   no token            44
text, refused          47   expired               45   no answer           46
push, p99           78 us   push, p99.9       900 us   longest          1.5 s
slow callbacks         14   accept pauses          1   panics              15
turn, p99          345 us   turn, p99.9       3.1 ms   longest         250 ms
budget used       5.0 MiB   times spent           33   closed for          34
memory, RSS       200 MiB   memory, heap     1.5 MiB   goroutines           6

listener                               open    accepted
websocket://0.0.0.0:1234              99999      123450
text://unix:/run/push/text.sock           1           6

loop     busy  connections   stalled    bytes in   bytes out   (of the last 1.0 s)
   0    12.3%        50001         3       512 B     2.0 KiB
   1   100.0%        49999         0     1.0 GiB     1.0 MiB
`

func TestStatusText(t *testing.T) {
	s := someStatus
	if got := s.String(); got != someText {
		t.Errorf("got\n%s\nwant\n%s", got, someText)
	}
	for state, want := range map[string]string{
		stateLeaving:  "4711, ports closed, ends when the last connection has left, up",
		stateStopping: "4711, stops, says goodbye to its connections, up",
	} {
		s.State = state
		if got := s.String(); !strings.Contains(got, want) {
			t.Errorf("%s: %q is missing", state, want)
		}
	}
}

func TestByteText(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 102348: "99.9 KiB", 102400: "100 KiB",
		1<<20 - 1: "1.0 MiB", 1023 << 10: "1023 KiB", 1 << 20: "1.0 MiB", 1<<64 - 1: "16.0 EiB",
	} {
		if got := byteText(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestShortText(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "0 us", 999e-6: "999 us", 0.9996e-3: "1.0 ms", 0.0999: "99.9 ms", 0.1: "100 ms", 0.9996: "1.0 s", 75: "75.0 s",
	} {
		if got := shortText(seconds); got != want {
			t.Errorf("%v: %q, want %q", seconds, got, want)
		}
	}
}

func TestUpText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "00:00:00", 59 * time.Second: "00:00:59", 24*time.Hour - time.Second: "23:59:59",
		24 * time.Hour: "1d 00:00:00", 1000*24*time.Hour + 61*time.Second: "1000d 00:01:01",
	} {
		if got := upText(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestFraction(t *testing.T) {
	for _, test := range []struct {
		part, whole time.Duration
		want        float64
	}{{1, 4, 0.25}, {0, 4, 0}, {5, 4, 1}, {-1, 4, 0}, {1, 0, 0}} {
		if got := fraction(test.part, test.whole); got != test.want {
			t.Errorf("%d of %d: %v, want %v", test.part, test.whole, got, test.want)
		}
	}
}

// A loop that is stuck in a callback is busy all the time, and does not keep its status from being shown.
func TestBusyLoops(t *testing.T) {
	o, err := parseOptions([]string{"-loops", "2"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(o, io.Discard, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	inside, leave := make(chan struct{}), make(chan struct{})
	if err := s.engine.Loops()[1].Post(func() { close(inside); <-leave }); err != nil {
		t.Fatal(err)
	}
	<-inside
	// The longer it is looked at, the less counts what else happened at the beginning.
	from, ctx := s.sample(), bounded(t)
	for stuck := s.status(from, s.sample()); stuck.Loops[0].Busy > 0.1 || stuck.Loops[1].Busy < 0.9; stuck = s.status(from, s.sample()) {
		if ctx.Err() != nil {
			t.Errorf("busy %v and %v, want 0 and 1", stuck.Loops[0].Busy, stuck.Loops[1].Busy)
			break
		}
	}
	close(leave)
	if err := s.engine.Shutdown(bounded(t)); err != nil {
		t.Error(err)
	}
}

// heldMemory is how much of the heap is in use, without garbage.
func heldMemory() uint64 {
	runtime.GC()
	return heapMemory()
}

func TestMemoryIsThisProcess(t *testing.T) {
	before, block := heldMemory(), make([]byte, 64<<20)
	now := heapMemory()
	if now < before+uint64(len(block))/2 || residentMemory() < uint64(os.Getpagesize()) { // half: what others held may have become garbage
		t.Errorf("the heap has grown from %d to %d, resident are %d", before, now, residentMemory())
	}
	runtime.KeepAlive(block)
}
