package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"fanloop/internal/peers"
)

// demoPage opens the page that a server shows. What the browser complains about while it is open fails the test, but for the network's own
// complaints.
func demoPage(t *testing.T, address, query string) *tab {
	t.Helper()
	b := openTab(t)
	chromedp.ListenTarget(b.ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Error("the page: ", e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			if e.Entry.Source != log.SourceNetwork {
				t.Error("the page: ", e.Entry.Text)
			}
		}
	})
	b.run(log.Enable(), chromedp.Navigate("http://"+address+"/"+query), chromedp.WaitVisible("#tab-curl"))
	return b
}

// until waits until an expression of the page's is true.
func (b *tab) until(expression string, args ...any) {
	b.t.Helper()
	expression = fmt.Sprintf(expression, args...)
	var is bool
	b.run(chromedp.Poll(expression, &is, chromedp.WithPollingTimeout(peers.Bound)))
}

// value is what an expression of the page's is.
func (b *tab) value(expression string) string {
	b.t.Helper()
	var s string
	b.run(chromedp.Evaluate(expression, &s))
	return s
}

const (
	state   = `document.getElementById('state').dataset.state`
	percent = `document.getElementById('progress').value`
	count   = `document.getElementById('message-count').textContent`
	newest  = `document.querySelector('#messages code').textContent`
	verdict = `document.getElementById('verdict')`
)

// connect lets the page connect and waits until the server knows whose it is.
func (d *demo) connect(b *tab, by string) {
	b.t.Helper()
	b.run(chromedp.Click(`input[value="` + by + `"]`))
	d.bind(func() { b.run(chromedp.Click("#connect")) })
	b.until(state + ` === 'on'`)
}

func TestPage(t *testing.T) {
	for _, by := range []string{"ws", "sse"} {
		t.Run(by, func(t *testing.T) {
			d := start(t)
			b := demoPage(t, d.http, "?uid=anna")
			d.connect(b, by)

			backend := d.backend()
			if got := backend.Ask(`{"uid":"anna","percent":"42%"}`); got != "ok" {
				t.Errorf("got %q", got)
			}
			b.until(percent + ` === 42 && ` + count + ` === '1'`)
			backend.Ask(`{"uid":"anna","percent":43.5,"text":"你好\n<b>"}`)
			b.until(percent + ` === 43.5 && ` + count + ` === '2'`)
			if got := b.value(newest); got != `{"uid":"anna","percent":43.5,"text":"你好\n<b>"}` {
				t.Errorf("the page shows %q", got)
			}

			b.run(chromedp.Click("#push"))
			b.until(percent + ` === 88 && ` + verdict + `.dataset.verdict === 'ok'`)
			if got := b.value(verdict + `.textContent`); got != "Taken by 1, refused by 0" {
				t.Errorf("the verdict is %q", got)
			}
			b.run(chromedp.Click("#play"))
			b.until(percent + ` === 100 && document.getElementById('play').textContent.startsWith('Play')`)

			b.run(chromedp.SetValue("#name", "nobody"), chromedp.Click("#push"))
			b.until(verdict + `.dataset.verdict === 'fail'`)
			if got := b.value(verdict + `.textContent`); !strings.HasPrefix(got, "404 ") {
				t.Errorf("the verdict is %q", got)
			}
			b.until(`document.getElementById('count-connections').textContent === '1'`)

			b.run(chromedp.Click("#connect"))
			b.until(state + ` === 'off'`)
			d.stderr.Await(t, "msg=closed", 1)
		})
	}
}

func TestPageGroups(t *testing.T) {
	for _, by := range []string{"ws", "sse"} {
		t.Run(by, func(t *testing.T) {
			d := start(t)
			b := demoPage(t, d.http, "?uid=anna")
			d.connect(b, by)
			b.run(chromedp.Click("#join"))
			d.stderr.Await(t, "msg=joined", 1)
			b.until(state + ` === 'on'`)
			b.run(chromedp.Click(`input[value="group"]`), chromedp.Click("#push"))
			b.until(count + ` === '1'`)
			if got := b.value(newest); got != `{"group":"news","percent":"88%","text":"hello"}` {
				t.Errorf("the page shows %q", got)
			}
			if by == "ws" {
				b.run(chromedp.Click("#groups button"))
				d.stderr.Await(t, "msg=left", 1)
			} else {
				d.bind(func() { b.run(chromedp.Click("#groups button")) })
			}
			b.until(`document.querySelector('#groups li') === null`)
			b.run(chromedp.Click(`input[value="all"]`), chromedp.Click("#push"))
			b.until(count + ` === '2'`)
		})
	}
}

// TestPageComesBack: the server goes away, and another one opens the same port. The page is there again by itself, with its groups.
func TestPageComesBack(t *testing.T) {
	for _, by := range []string{"ws", "sse"} {
		t.Run(by, func(t *testing.T) {
			port := "http://" + peers.HoldPort(t)
			one := start(t, "-listen", port)
			b := demoPage(t, one.http, "?uid=anna")
			one.connect(b, by)
			b.run(chromedp.Click("#join"))
			one.stderr.Await(t, "msg=joined", 1)
			one.end()
			b.until(state + ` !== 'on'`)

			two := start(t, "-listen", port)
			two.stderr.Await(t, "msg=joined", 1)
			b.until(state + ` === 'on'`)
			if got := two.backend().Ask(`{"group":"news","percent":7}`); got != "ok" {
				t.Errorf("got %q", got)
			}
			b.until(percent + ` === 7`)
		})
	}
}

// TestPageIsClosedForGood: whom a newer page of the same user has replaced does not come back, or the two would push each other out for ever.
func TestPageIsClosedForGood(t *testing.T) {
	d := start(t, "-single")
	b := demoPage(t, d.http, "?uid=anna")
	for _, by := range []string{"ws", "sse"} {
		d.connect(b, by)
		newer := d.page("anna")
		b.until(state + ` === 'closed' && document.getElementById('connect').textContent === 'Connect'`)
		newer.Close()
	}
}

// TestPageByKeyboard uses no mouse.
func TestPageByKeyboard(t *testing.T) {
	d := start(t)
	b := demoPage(t, d.http, "")
	seen := b.tabThrough()
	for _, want := range []string{"language", "uid", "ws", "connect", "clear", "messages", "to-uid", "name", "what", "push", "play", "summary", "copy", "tab-curl", "snippet", "another"} {
		if !strings.Contains(seen, " "+want+" ") {
			t.Errorf("one does not come to %s with the Tab key, only to%s", want, seen)
		}
	}

	b.run(chromedp.Focus("#uid"), chromedp.KeyEvent("bert"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.ArrowRight))
	d.bind(func() { b.run(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter)) })
	b.until(state + ` === 'on' && document.querySelector('input[value="sse"]').checked`)
	uid := b.value(`document.getElementById('uid').value`)
	if name := b.value(`document.getElementById('name').value`); name != uid || !strings.Contains(uid, "bert") {
		t.Errorf("the uid is %q, the back end's name %q", uid, name)
	}
	b.run(chromedp.Focus("#what"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(" "))
	b.until(percent + ` === 88`)
	b.run(chromedp.Focus("#tab-curl"), chromedp.KeyEvent(kb.ArrowRight))
	b.until(`document.activeElement.id === 'tab-nc' && document.getElementById('snippet').textContent.includes('nc -N')`)
	b.run(chromedp.KeyEvent(kb.End))
	b.until(`document.activeElement.id === 'tab-go' && document.getElementById('snippet').textContent.includes('package main')`)
}

// tabThrough presses Tab until the page has been walked through, and returns what had the focus, each with a mark that one can see.
func (b *tab) tabThrough() (seen string) {
	b.t.Helper()
	const focused = `(() => {
		const e = document.activeElement, s = getComputedStyle(e.nextElementSibling && e.type === 'radio' ? e.nextElementSibling : e);
		if (e === document.body) return '';
		const name = e.type === 'radio' ? (e.name === 'to' ? 'to-' : '') + e.value : e.id || e.localName;
		return name + (s.outlineStyle === 'none' ? '-unmarked' : '');
	})()`
	seen = " "
	for range 40 {
		b.run(chromedp.KeyEvent(kb.Tab))
		name := b.value(focused)
		if name == "" {
			break
		}
		seen += name + " "
	}
	return seen
}

// TestPageKeepsUp: more messages than anybody can read are counted all, and the newest are shown.
func TestPageKeepsUp(t *testing.T) {
	d := start(t)
	b := demoPage(t, d.http, "?uid=anna")
	d.connect(b, "ws")
	const all = 5000
	backend := d.backend()
	var lines strings.Builder
	for i := range all {
		fmt.Fprintf(&lines, `{"uid":"anna","percent":%d}`+"\n", i%100)
	}
	backend.Write(lines.String())
	for range all {
		if got := backend.Answer(); got != "ok" {
			t.Fatalf("got %q", got)
		}
	}
	b.until(count + ` === '5,000'`)
	b.until(`document.getElementById('messages').childElementCount === 200 && ` + percent + ` === 99`)
	if got := b.value(newest); got != `{"uid":"anna","percent":99}` {
		t.Errorf("the newest is %q", got)
	}
}
