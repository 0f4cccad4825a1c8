package e2e

import (
	"bytes"
	"context"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestPageLooks makes pictures of the page, for people (go test -artifacts keeps them), and checks what a program can see: nothing hangs over
// the edge, and both themes are there.
func TestPageLooks(t *testing.T) {
	d := start(t)
	grounds := map[string]string{}
	for _, look := range []struct {
		name, scheme, query string
		width, height       int64
	}{
		{"light", "light", "", 1280, 860},
		{"dark", "dark", "", 1280, 860},
		{"phone", "light", "", 360, 740},
		{"phone-dark-zh", "dark", "?lang=zh-TW", 390, 844},
	} {
		t.Run(look.name, func(t *testing.T) {
			b := demoPage(t, d.http, look.query)
			b.run(chromedp.EmulateViewport(look.width, look.height),
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}))
			d.connect(b, "ws")
			b.run(chromedp.Click("#join"), chromedp.Click("#push"))
			b.until(percent + ` === 88`)
			b.until(`document.documentElement.scrollWidth <= innerWidth`)
			b.until(`document.getElementById('tabs').scrollWidth <= document.getElementById('tabs').clientWidth`)
			grounds[look.scheme] = b.value(`getComputedStyle(document.body).backgroundColor`)

			var picture []byte
			b.run(chromedp.FullScreenshot(&picture, 100))
			if at, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil || int64(at.Width) < look.width {
				t.Errorf("the picture: %+v, %v", at, err)
			}
			if err := os.WriteFile(filepath.Join(t.ArtifactDir(), look.name+".png"), picture, 0o600); err != nil {
				t.Error(err)
			}
		})
	}
	if grounds["light"] == grounds["dark"] {
		t.Errorf("both themes are %q", grounds["light"])
	}
}

// A readable is what a screen reader knows of something. It is not chromedp's type, which does not take what newer browsers say beside it.
type readable struct {
	Ignored bool   `json:"ignored"`
	Role    saying `json:"role"`
	Name    saying `json:"name"`
}

type saying struct {
	Value string `json:"value"`
}

func (b *tab) readable() []readable {
	b.t.Helper()
	var tree struct {
		Nodes []readable `json:"nodes"`
	}
	b.run(chromedp.ActionFunc(func(ctx context.Context) error {
		return cdp.Execute(ctx, "Accessibility.getFullAXTree", nil, &tree)
	}))
	return tree.Nodes
}

// TestPageIsRead: whatever can be used has a name that a screen reader can say, in both languages.
func TestPageIsRead(t *testing.T) {
	d := start(t)
	usable := map[string]bool{"button": true, "textbox": true, "radio": true, "link": true, "tab": true, "progressbar": true, "list": true,
		"tabpanel": true, "radiogroup": true, "tablist": true, "DisclosureTriangle": true}
	for _, query := range []string{"?lang=en", "?lang=zh-TW"} {
		b := demoPage(t, d.http, query)
		d.connect(b, "ws")
		b.run(chromedp.Click("#join"), chromedp.Evaluate(`document.querySelector('summary').click()`, nil))
		nodes := b.readable()
		found := 0
		for _, n := range nodes {
			if n.Ignored || !usable[n.Role.Value] {
				continue
			}
			found++
			if n.Name.Value == "" {
				t.Errorf("%s: a %s has no name", query, n.Role.Value)
			}
		}
		if found < 20 {
			t.Errorf("%s: only %d things can be used", query, found)
		}
		if said := b.value(`document.body.innerText`); strings.Contains(said, "undefined") {
			t.Errorf("%s: the page says\n%s", query, said)
		}
		b.close()
		d.stderr.Await(t, "msg=closed", 1)
	}
}
