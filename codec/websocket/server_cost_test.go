//go:build linux

package websocket

import (
	"reflect"
	"testing"
	"time"
	"unsafe"

	"fanloop/engine"
)

// costFields is what limits, metrics and timers have in each connection whether they are on or not.
func costFields() (sum float64) {
	for _, name := range []string{"paceSeat", "kept"} {
		f, found := reflect.TypeFor[engine.Conn]().FieldByName(name)
		if !found {
			panic(name)
		}
		sum += float64(f.Type.Size())
	}
	var c Conn
	return sum + float64(unsafe.Sizeof(c.seat)+unsafe.Sizeof(c.unheard)+unsafe.Sizeof(c.timer))
}

// costOfConnection is what they cost an idle connection that a hub has, in bytes: all of them on, against none. Until a hub has it,
// BindTimeout's timer weighs some 200 bytes more, for a short time.
func costOfConnection(t testing.TB, n int) (on, off float64) {
	t.Helper()
	on = weigh(t, n, &Server{OnConnect: attach, OnMessage: echo, BindTimeout: time.Hour}, engine.ListenOptions{MessageRate: 1000, ByteRate: 1 << 20})
	off = weigh(t, n, &Server{OnConnect: attach, OnMessage: echo, PingInterval: -1}, engine.ListenOptions{
		MessageRate: -1, ByteRate: -1, MaxConnections: -1, MaxPerAddress: -1, AddressRate: -1, UserTimeout: -1, KeepAlive: -1,
	})
	return on, off
}

func attach(c *Conn) { c.Ref().Attach(gone) }

func gone() {}

// Limits, metrics and timers together weigh at most 150 bytes a connection.
func TestCostOfAConnection(t *testing.T) {
	on, off := costOfConnection(t, 1000)
	if cost := on - off + costFields(); cost > 150 {
		t.Errorf("an idle connection has %.0f bytes with them and %.0f without, fields of %.0f among both: a cost of %.0f", on, off, costFields(), cost)
	}
}

func BenchmarkCostOfAConnection(b *testing.B) {
	var on, off float64
	for b.Loop() {
		on, off = costOfConnection(b, 4000)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(on, "B/conn-with")
	b.ReportMetric(off, "B/conn-without")
	b.ReportMetric(on-off+costFields(), "B/conn-cost")
}
