package e2e

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestAlertShowsPushedLine(t *testing.T) {
	d := start(t)
	expect(t, d.backend(), `{"uid":"uid1", "percent":"88%"}`, "ok", d.tab("uid1"))
}

func TestTwoDevicesOfOneUser(t *testing.T) {
	d := start(t)
	older, newer := d.tab("uid1"), d.tab("uid1")
	backend := d.backend()
	expect(t, backend, `{"uid":"uid1","n":1}`, "ok", older, newer)

	older.close()
	d.stderr.Await(t, "msg=closed", 1)
	expect(t, backend, `{"uid":"uid1","n":2}`, "ok", newer)
}

func TestBroadcastReachesWhoHasSaidUID(t *testing.T) {
	d := start(t)
	a, b := d.tab("uid1"), d.tab("uid2")
	stranger := openTab(t)
	stranger.visit(`var ws = new WebSocket('ws://` + d.websocket + `');
		ws.onmessage = function (event) { alert(event.data); };
		ws.onopen = function () { alert('open'); };`)
	if stranger.Next() != "open" {
		t.Fatal("the page without a uid got something")
	}
	backend := d.backend()
	expect(t, backend, `{"all":true,"text":"hello"}`, "ok", a, b)

	d.bind(func() { stranger.run(chromedp.Evaluate(`ws.send('late')`, nil)) })
	expect(t, backend, `{"uid":"late","text":"the first it gets"}`, "ok", stranger)
}

func TestChineseArrivesByteForByte(t *testing.T) {
	d := start(t)
	b := d.tab("使用者1")
	backend := d.backend()
	expect(t, backend, `{"uid":"使用者1","text":"你好，世界 🎉","zero":"\u0000"}`, "ok", b)
	expect(t, backend, `{ "uid" : "\u4f7f\u7528\u80051" , "text":"escaped" }`, "ok", b)
}

func TestSingleClosesOlderPage(t *testing.T) {
	d := start(t, "-single")
	older := d.tab("uid1")
	newer := d.tab("uid1")
	if got := older.Next(); got != "closed with 4001" {
		t.Errorf("the older page: %q", got)
	}
	expect(t, d.backend(), `{"uid":"uid1"}`, "ok", newer)
}

func TestBrowserSeesServerGoAway(t *testing.T) {
	d := start(t)
	b := d.tab("uid1")
	d.end()
	if got := b.Next(); got != "closed with 1001" {
		t.Errorf("the page: %q", got)
	}
}

// TestGreetingLineInConsole does what the greeting says: it opens the address in a browser and types the line into its console. A
// page from elsewhere will not do: Chromium does not let it connect to the machine's own addresses.
func TestGreetingLineInConsole(t *testing.T) {
	d := start(t)
	url := regexp.MustCompile(`http://\S+`).FindString(d.stdout.Await(t, "It only says", 1))
	line := regexp.MustCompile(`ws = new WebSocket\(.*`).FindString(d.stdout.Await(t, "new WebSocket(", 1))
	b := openTab(t)
	var shown string
	b.run(chromedp.Navigate(url), chromedp.Text("body", &shown))
	if !strings.Contains(shown, "WebSocket") {
		t.Errorf("the page shows %q", shown)
	}
	d.bind(func() { b.run(chromedp.Evaluate(line+"; 0", nil)) })
	expect(t, d.backend(), `{"uid":"uid1","percent":"88%"}`, "ok", b)
}
