package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"fanloop/internal/peers"
)

// browser is the one Chromium of all tests, started by the first that needs it.
var browser struct {
	start sync.Once
	ctx   context.Context
	err   error
	stop  func()
}

func startBrowser(path string) {
	profile, err := os.MkdirTemp("", "fanloop-chromium-")
	if err != nil {
		browser.err = err
		return
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.DisableGPU, chromedp.Headless, chromedp.NoFirstRun,
		chromedp.NoSandbox, // root may have none, and in a container nobody; it sees no pages but ours
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("ignore-certificate-errors", true), // of servers that sign their own
		chromedp.WSURLReadTimeout(2*peers.Bound))
	allocator, endProcess := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, endBrowser := chromedp.NewContext(allocator)
	browser.ctx, browser.err = ctx, chromedp.Run(ctx)
	browser.stop = func() {
		endBrowser()
		endProcess()
		chromedp.FromContext(ctx).Allocator.Wait()
		os.RemoveAll(profile)
	}
}

func closeBrowser() {
	if browser.stop != nil {
		browser.stop()
	}
}

// A tab is a page in Chromium.
type tab struct {
	t      *testing.T
	ctx    context.Context
	close  func()
	alerts chan string
}

// openTab opens an empty page.
func openTab(t *testing.T) *tab {
	t.Helper()
	path := need(t, "chromium", "apt-get install chromium")
	browser.start.Do(func() { startBrowser(path) })
	if browser.err != nil {
		t.Fatal("chromium: ", browser.err)
	}
	b := &tab{t: t, alerts: make(chan string, 100)}
	b.ctx, b.close = chromedp.NewContext(browser.ctx)
	t.Cleanup(b.close)
	chromedp.ListenTarget(b.ctx, func(event any) {
		if dialog, ok := event.(*page.EventJavascriptDialogOpening); ok {
			b.alerts <- dialog.Message
			go chromedp.Run(b.ctx, page.HandleJavaScriptDialog(true)) // the page stands still until somebody clicks OK
		}
	})
	b.run(chromedp.Navigate("about:blank"))
	return b
}

// visit goes to a page that holds the script, on a web server of its own.
func (b *tab) visit(script string) {
	b.t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><title>test</title><script>\n%s</script>", script)
	}))
	b.t.Cleanup(site.Close)
	b.run(chromedp.Navigate(site.URL))
}

func (b *tab) run(actions ...chromedp.Action) {
	b.t.Helper()
	done := make(chan error, 1)
	go func() { done <- chromedp.Run(b.ctx, actions...) }()
	select {
	case err := <-done:
		if err != nil {
			b.t.Fatal("chromium: ", err)
		}
	case <-time.After(2 * peers.Bound):
		b.t.Fatal("chromium does not answer")
	}
}

// Next waits for what the page's next alert says.
func (b *tab) Next() string {
	b.t.Helper()
	select {
	case text := <-b.alerts:
		return text
	case <-time.After(peers.Bound):
		b.t.Fatal("no alert came up")
		return ""
	}
}

// tab opens a page in Chromium that shows in an alert what it is sent, and in the end the close code.
func (d *demo) tab(uid string) *tab {
	d.t.Helper()
	b := openTab(d.t)
	d.bind(func() { b.visit(alerting(d.websocket, uid)) })
	return b
}

// alerting is the script of a page that says its uid and shows what it is sent.
func alerting(address, uid string) string {
	return fmt.Sprintf(`
var ws = new WebSocket('ws://%s');
ws.onopen = function () { ws.send('%s'); };
ws.onmessage = function (event) { alert(event.data); };
ws.onclose = function (event) { alert('closed with ' + event.code); };
`, address, uid)
}
