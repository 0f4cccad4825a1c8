//go:build linux

package websocket

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// Clients of a server that restarts are told when to come back, each another time, within the spread.
func TestRestartSpread(t *testing.T) {
	const clients = 40
	for _, spread := range []time.Duration{time.Nanosecond, 10 * time.Second, 100 * time.Hour} {
		w := serve(t, &Server{RestartSpread: spread, CloseTimeout: patience})
		var all []*client
		for range clients {
			c, _ := w.connect()
			all = append(all, c)
		}
		waits := map[int64]bool{}
		go w.Shutdown(t.Context())
		for _, c := range all {
			f, err := ws.ReadFrame(c.reader)
			if err != nil || f.Header.OpCode != ws.OpClose {
				t.Fatalf("%+v, %v", f.Header, err)
			}
			code, reason := ws.ParseCloseFrameData(f.Payload)
			var hint struct {
				Retry *int64 `json:"retry_ms"`
			}
			if err := json.Unmarshal([]byte(reason), &hint); err != nil || code != StatusServiceRestart || hint.Retry == nil {
				t.Fatalf("code %d, reason %q, %v", code, reason, err)
			}
			if wait := *hint.Retry; wait < spread.Milliseconds()/10 || wait > spread.Milliseconds() {
				t.Errorf("%d ms of %v", wait, spread)
			}
			waits[*hint.Retry] = true
			c.send(closing(StatusNormalClosure, ""))
			c.wantEnd()
			_ = c.Close()
		}
		if spread > time.Second && len(waits) < clients/2 {
			t.Errorf("%d different waits of %d clients", len(waits), clients)
		}
	}
}

func TestStopWithoutRestart(t *testing.T) {
	w := serve(t, &Server{})
	c, _ := w.connect()
	go w.Shutdown(t.Context())
	c.wantClose(StatusGoingAway, "server stops")
	c.send(closing(StatusGoingAway, ""))
	c.wantEnd()
	_ = c.Close()
}
