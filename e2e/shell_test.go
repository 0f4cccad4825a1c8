package e2e

import (
	"net"
	"os/exec"
	"strings"
	"testing"
)

// nc pipes lines through nc, which shuts down its end when they have been written and prints what comes back until the other end.
func (d *demo) nc(lines string) string {
	d.t.Helper()
	host, port, err := net.SplitHostPort(d.text)
	if err != nil {
		d.t.Fatal(err)
	}
	cmd := exec.Command(need(d.t, "nc", "apt-get install netcat-openbsd"), "-N", host, port)
	cmd.Stdin = strings.NewReader(lines)
	return output(d.t, cmd)
}

func TestNetcatHalfCloses(t *testing.T) {
	d := start(t)
	p := d.page("uid1")
	if got := d.nc(`{"uid":"uid1","percent":"88%"}` + "\n"); got != "ok\n" {
		t.Errorf("nc prints %q", got)
	}
	if got, want := p.Next(), `{"uid":"uid1","percent":"88%"}`; got != want {
		t.Errorf("the page got %q, want %q", got, want)
	}
}

func TestNetcatPipelines(t *testing.T) {
	d := start(t)
	p := d.page("uid1")
	lines := []string{`{"uid":"uid1","n":1}`, `{"uid":"nobody"}`, `nonsense`, `{"uid":"uid1","n":2}`, `{"all":true}`, `{"group":"g"}`}
	if got, want := d.nc(strings.Join(lines, "\r\n")+"\n"), "ok\nfail\nfail\nok\nok\nfail\n"; got != want {
		t.Errorf("nc prints %q, want %q", got, want)
	}
	for _, want := range []string{lines[0], lines[3], lines[4]} {
		if got := p.Next(); got != want {
			t.Errorf("the page got %q, want %q", got, want)
		}
	}
}

// A last line without its line end is no line.
func TestNetcatUnfinishedLine(t *testing.T) {
	d := start(t)
	d.page("uid1")
	if got := d.nc(`{"all":true}` + "\n" + `{"all":true}`); got != "ok\n" {
		t.Errorf("nc prints %q", got)
	}
}

func TestCurlUpgrades(t *testing.T) {
	d := start(t)
	cmd := exec.Command(need(t, "curl", "apt-get install curl"), "--silent", "--verbose", "--http1.1",
		"--header", "Connection: Upgrade", "--header", "Upgrade: websocket", "--header", "Sec-WebSocket-Version: 13",
		"--header", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "http://"+d.websocket+"/")
	curl := launch(t, cmd)
	curl.stderr.Await(t, "< HTTP/1.1 101 ", 1)
	curl.stderr.Await(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 1) // RFC 6455 1.3 has this key and its answer
	_ = cmd.Process.Kill()
	<-curl.ended
}

func TestCurlWithoutUpgrade(t *testing.T) {
	d := start(t)
	curl := need(t, "curl", "apt-get install curl")
	tests := []struct {
		args []string
		want string
	}{
		{nil, "426"},
		{[]string{"--data", "x=1"}, "405"},
		{[]string{"--header", "Connection: Upgrade", "--header", "Upgrade: websocket", "--header", "Sec-WebSocket-Version: 8",
			"--header", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}, "426"},
		{[]string{"--header", "Connection: Upgrade", "--header", "Upgrade: websocket", "--header", "Sec-WebSocket-Version: 13",
			"--header", "Sec-WebSocket-Key: short"}, "400"},
	}
	for _, test := range tests {
		args := append(test.args, "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "http://"+d.websocket+"/")
		if got := output(t, exec.Command(curl, args...)); got != test.want {
			t.Errorf("curl %q: status %s, want %s", test.args, got, test.want)
		}
	}
}
