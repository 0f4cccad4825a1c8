package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"fanloop/internal/peers"
)

// TestBehindNginx: a site behind nginx as it is in front.
func TestBehindNginx(t *testing.T) {
	url := "http://" + startNginx(t, startSite(t, site()), "on")
	large := strings.Repeat("0123456789abcdef", 40_000)
	direct, _ := curl(t, large, "--data-binary", "@-", "http://"+startSite(t, site())+"/echo/", "--header", "Expect:")
	for _, test := range []struct {
		name, stdin string
		args        []string
		want        string
	}{
		{"GET", "", []string{url + "/plain"}, "Hello, World!"},
		{"HEAD", "", []string{"--head", "--output", "/dev/null", "--write-out", "%{http_code}", url + "/plain"}, "200"},
		{"streamed", "", []string{url + "/stream"}, "piece 0\npiece 1\npiece 2\n"},
		{"range", "", []string{"--range", "2-5", url + "/files/digits.txt"}, "2345"},
		{"upload", large, []string{"--data-binary", "@-", url + "/echo/"}, direct},
		{"chunked upload", large, []string{"--request", "POST", "--upload-file", "-", url + "/echo/"}, direct},
		{"no such path", "", []string{"--output", "/dev/null", "--write-out", "%{http_code}", url + "/nowhere"}, "404"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, _ := curl(t, test.stdin, test.args...); got != test.want {
				t.Errorf("curl prints %q, want %q", got, test.want)
			}
		})
	}
}

// TestPageBehindNginx: WebSocket, events and the API, all through nginx. The server goes away, nginx answers for it with 502, and another
// server opens the port: the page is there again by itself.
func TestPageBehindNginx(t *testing.T) {
	for _, by := range []string{"ws", "sse"} {
		t.Run(by, func(t *testing.T) {
			flags := []string{"-http-token", "s3cret", "-listen", "http://" + peers.HoldPort(t)}
			one := start(t, flags...)
			front := startNginx(t, one.http, "on")
			b := demoPage(t, front, "?uid=anna")
			one.connect(b, by)
			b.run(chromedp.Click("#push"))
			b.until(verdict + `.textContent.startsWith('401 ') && document.getElementById('token-box').open`)
			b.fill("token", "s3cret")
			b.run(chromedp.Click("#push"))
			b.until(percent + ` === 88 && ` + verdict + `.dataset.verdict === 'ok'`)

			one.end()
			b.until(state + ` !== 'on'`)
			two := start(t, flags...)
			two.stderr.Await(t, "msg=bound", 1)
			if got := two.backend().Ask(`{"uid":"anna","percent":7}`); got != "ok" {
				t.Errorf("got %q", got)
			}
			b.until(state + ` === 'on' && ` + percent + ` === 7`)
		})
	}
}

// TestProxySpeaksForOthers: without a token the API is for who is on this machine, and nginx is not who asks.
func TestProxySpeaksForOthers(t *testing.T) {
	d := start(t)
	front := startNginx(t, d.http, "on")
	for address, want := range map[string]string{d.http: "404", front: "403"} {
		got, _ := curl(t, "", "--json", `{"uid":"anna"}`, "--output", "/dev/null", "--write-out", "%{http_code}", "http://"+address+"/push")
		if got != want {
			t.Errorf("at %s the status is %s, want %s", address, got, want)
		}
	}
}
