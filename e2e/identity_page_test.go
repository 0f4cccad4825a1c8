package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The page takes a token from its own address, and is whose that says, whatever stands in its field.
func TestPageWithToken(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "jwt.secret")
	if err := os.WriteFile(secret, []byte("a secret of 32 bytes, or of more"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := start(t, "-jwt-key", secret, "-jwt-audience", "push")
	token := hs256(t, "a secret of 32 bytes, or of more", map[string]any{"sub": "anna", "aud": "push", "exp": time.Now().Add(time.Hour).Unix()})
	for _, by := range []string{"ws", "sse"} {
		b := demoPage(t, d.http, "#token="+token)
		before := len(d.stderr.Holding("identity: bound"))
		b.run(chromedp.Click(`input[value="`+by+`"]`), chromedp.Click("#connect"))
		d.stderr.Await(t, "identity: bound", before+1)
		if got := d.backend().Ask(`{"uid":"anna","percent":42}`); got != "ok" {
			t.Errorf("%s: %s", by, got)
		}
		b.until(percent + ` === 42`)
		b.run(chromedp.Click("#connect"))
		d.stderr.Await(t, "msg=closed", before+1)
	}
	wrong := demoPage(t, d.http, "#token=wrong")
	wrong.run(chromedp.Click("#connect"))
	wrong.until(state + ` === 'closed'`)
}
