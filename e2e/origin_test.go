package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestEventsFromAnotherOrigin: a page of another origin may listen where -cors says so, and only there; EventSource and fetch both.
func TestEventsFromAnotherOrigin(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>elsewhere</title>")
	}))
	defer site.Close()
	open, closed := start(t, "-cors", site.URL), start(t)

	b := openTab(t)
	b.run(chromedp.Navigate(site.URL))
	listen := func(address string) {
		b.run(chromedp.Evaluate(fmt.Sprintf(`{
			const source = new EventSource('http://%s/events?uid=anna');
			source.onmessage = (event) => alert(event.data);
			source.onerror = () => { source.close(); alert('refused'); };
		}`, address), nil))
	}
	listen(closed.http)
	if got := b.Next(); got != "refused" {
		t.Errorf("without -cors the page sees %q", got)
	}
	open.bind(func() { listen(open.http) })
	expect(t, open.backend(), `{"uid":"anna","n":1}`, "ok", b)

	read := func(address string) {
		b.run(chromedp.Evaluate(fmt.Sprintf(`fetch('http://%s/events?uid=bert').then(async (answer) => {
			const reader = answer.body.getReader(), text = new TextDecoder();
			for (let all = ''; ;) {
				const { value, done } = await reader.read();
				all += text.decode(value, { stream: true });
				if (done || all.includes('data: ')) return alert(all.match(/^data: .*$/m)?.[0]);
			}
		}).catch(() => alert('refused')); 0`, address), nil))
	}
	read(closed.http)
	if got := b.Next(); got != "refused" {
		t.Errorf("without -cors fetch sees %q", got)
	}
	open.bind(func() { read(open.http) })
	open.backend().Ask(`{"uid":"bert","n":2}`)
	if got := b.Next(); got != `data: {"uid":"bert","n":2}` {
		t.Errorf("fetch reads %q", got)
	}
	// What a page elsewhere has no business with.
	b.run(chromedp.Evaluate(fmt.Sprintf(`fetch('http://%s/push', { method: 'POST', body: '{"all":true}', headers: { 'Content-Type': 'text/plain' }, mode: 'no-cors' })
		.then(() => fetch('http://%[1]s/push', { method: 'POST', body: '{"all":true}', headers: { 'Content-Type': 'application/json' } }))
		.then(() => alert('pushed'), () => alert('refused')); 0`, open.http), nil))
	if got := b.Next(); got != "refused" {
		t.Errorf("a page from elsewhere: %q", got)
	}
}
