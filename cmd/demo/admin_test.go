//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"

	"fanloop/internal/peers"
)

// adminSays is the admin address's answer.
func (d *demo) adminSays(path string) (status int, body string) {
	d.t.Helper()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial(d.server.admin.addr.Network(), d.server.admin.addr.String())
	}}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, Timeout: peers.Bound}
	res, err := client.Get("http://localhost" + path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func TestAdmin(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "unix:" + filepath.Join(t.TempDir(), "admin.sock")} {
		d := startSite(t, "-admin", address)
		d.stdout.Await(t, "Metrics and profiles: http://", 1)
		a, b := d.page("u1"), d.page("u2")
		backend := peers.Connect(t, d.text)
		expect(t, backend, `{"all":true}`, "ok", a, b)

		status, body := d.adminSays("/metrics")
		var parser expfmt.TextParser
		families, err := parser.TextToMetricFamilies(strings.NewReader(body))
		if status != 200 || err != nil {
			t.Fatalf("status %d, %v", status, err)
		}
		for name, want := range map[string]float64{
			"fanloop_hub_connections": 2, "fanloop_connections": 3, "fanloop_hub_pushes_total": 1, "fanloop_messages_received_total": 3,
		} {
			got := 0.0
			for _, m := range families[name].GetMetric() {
				got += m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
			if got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		if families["go_goroutines"] == nil || families["process_open_fds"] == nil {
			t.Error("Go's own or the process's are missing")
		}
		for path, part := range map[string]string{
			"/healthz": "ok", "/readyz": "ready", "/debug/pprof/": "heap", "/debug/pprof/goroutine?debug=1": "engine", "/debug/pprof/cmdline": ".test",
		} {
			if status, body := d.adminSays(path); status != 200 || !strings.Contains(body, part) {
				t.Errorf("%s: status %d, no %q in %.200q", path, status, part, body)
			}
		}
		for _, path := range []string{"/metrics", "/debug/pprof/"} {
			if got := d.ask("GET", path, ""); got.status != 404 {
				t.Errorf("%s on the http port: status %d", path, got.status)
			}
		}
		if status, _ := d.adminSays("/push"); status != 404 {
			t.Errorf("/push on the admin address: status %d", status)
		}
	}
}

// The admin address answers while a loop of the server's is stuck.
func TestAdminOfAStuckServer(t *testing.T) {
	d := start(t, "-admin", "127.0.0.1:0")
	stuck, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	if err := d.server.engine.Home().Post(func() { close(stuck); <-release }); err != nil {
		t.Fatal(err)
	}
	<-stuck
	for _, path := range []string{"/metrics", "/healthz", "/debug/pprof/goroutine?debug=2"} {
		if status, _ := d.adminSays(path); status != 200 {
			t.Errorf("%s: status %d", path, status)
		}
	}
}

func TestAdminOnTakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = run([]string{"-listen", "websocket://127.0.0.1:0", "-admin", fmt.Sprint(taken.Addr())}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "-admin: ") || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
}
