package e2e

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"

	"fanloop/internal/certs"
)

const getOpenSSL = "apt-get install openssl"

// secureDemo is a demo with ports over TLS, beside the others.
type secureDemo struct {
	*demo
	authority         *certs.Authority
	dir, ca           string
	wss, texts, https string
}

// startTLS runs the demo with a certificate for 127.0.0.1 and push.example.
func startTLS(t *testing.T, flags ...string) *secureDemo {
	t.Helper()
	d := &secureDemo{authority: certs.New(t), dir: t.TempDir()}
	d.ca = filepath.Join(d.dir, "ca.pem")
	d.authority.Write(d.ca)
	cert, key := d.authority.WriteTo(d.dir, "server", d.authority.Issue("127.0.0.1", "push.example"))
	d.startAs(t, append(flags, "-tls-cert", cert, "-tls-key", key)...)
	return d
}

func (d *secureDemo) startAs(t *testing.T, flags ...string) {
	t.Helper()
	d.demo = start(t, append(flags, "-listen", "wss://127.0.0.1:0", "-listen", "texts://127.0.0.1:0", "-listen", "https://127.0.0.1:0")...)
	d.wss, d.texts, d.https = d.greeted("  wss://"), d.greeted("  texts://"), d.greeted("  https://")
}

// sClient is openssl s_client, to which lines are written while it runs.
type sClient struct {
	*demo
	stdin io.WriteCloser
}

func (d *secureDemo) sClient(args ...string) *sClient {
	d.t.Helper()
	cmd := exec.Command(need(d.t, "openssl", getOpenSSL), append([]string{"s_client", "-connect", d.texts, "-servername", "push.example",
		"-CAfile", d.ca, "-verify_return_error"}, args...)...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	return &sClient{launch(d.t, cmd), stdin}
}

func (c *sClient) say(line string) {
	c.t.Helper()
	if _, err := io.WriteString(c.stdin, line+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

func (c *sClient) bye() {
	c.t.Helper()
	_ = c.stdin.Close()
	c.wantExit(0)
}

func TestOpenSSL(t *testing.T) {
	for version, name := range map[string]string{"-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"} {
		t.Run(name, func(t *testing.T) {
			d := startTLS(t)
			page := d.page("uid1")
			c := d.sClient(version, "-sess_out", filepath.Join(d.dir, "session"))
			c.say(`{"uid":"uid1","n":1}`)
			c.stdout.Await(t, "ok", 1)
			if got := page.Next(); got != `{"uid":"uid1","n":1}` {
				t.Errorf("the page got %q", got)
			}
			if version == "-tls1_3" {
				for i, update := range []string{"k", "K"} { // new keys, and new keys of both
					c.say(update)
					c.stderr.Await(t, "KEYUPDATE", i+1)
					c.say(`{"uid":"uid1","update":"` + update + `"}`)
					if got := page.Next(); !strings.Contains(got, `"`+update+`"`) {
						t.Errorf("the page got %q", got)
					}
				}
				c.say(`{"uid":"nobody"}`)
				c.stdout.Await(t, "fail", 1)
			}
			c.bye()
			if got := c.stdout.String(); !strings.Contains(got, "New, "+name) || !strings.Contains(got, "Verification: OK") {
				t.Errorf("openssl says\n%s", got)
			}

			again := d.sClient(version, "-sess_in", filepath.Join(d.dir, "session"))
			again.say(`{"uid":"uid1","n":2}`)
			again.stdout.Await(t, "ok", 1)
			again.bye()
			if got := again.stdout.String(); !strings.Contains(got, "Reused, "+name) {
				t.Errorf("the session was not resumed:\n%s", got)
			}
		})
	}
}

// Whoever wants to renegotiate is refused, and nobody else notices.
func TestOpenSSLRenegotiation(t *testing.T) {
	d := startTLS(t)
	c := d.sClient("-tls1_2")
	c.say(`{"uid":"uid1"}`)
	c.stdout.Await(t, "fail", 1)
	c.say("R")
	<-c.ended
	other := d.sClient()
	other.say(`{"uid":"uid1"}`)
	other.stdout.Await(t, "fail", 1)
	other.bye()
}

func TestOpenSSLClientCertificate(t *testing.T) {
	backends := certs.New(t)
	dir := t.TempDir()
	ca := filepath.Join(dir, "backends.pem")
	backends.Write(ca)
	cert, key := backends.WriteTo(dir, "backend", backends.Issue("backend"))
	d := startTLS(t, "-tls-client-ca", ca)
	c := d.sClient("-cert", cert, "-key", key)
	c.say(`{"uid":"uid1"}`)
	c.stdout.Await(t, "fail", 1)
	c.bye()

	stranger := d.sClient()
	<-stranger.ended
	if got := stranger.stderr.String(); !strings.Contains(got, "alert certificate required") {
		t.Errorf("openssl says %q", got)
	}
}

// A certificate replaced by SIGHUP, under a connection that goes on.
func TestOpenSSLNewCertificate(t *testing.T) {
	d := startTLS(t)
	before := d.sClient()
	before.say(`{"uid":"uid1"}`)
	before.stdout.Await(t, "fail", 1)
	d.authority.WriteTo(d.dir, "server", d.authority.Issue("new.example"))
	d.signal(syscall.SIGHUP)
	d.stderr.Await(t, "have been read again", 1)
	after := d.sClient("-verify_hostname", "new.example")
	after.say(`{"uid":"uid1"}`)
	after.stdout.Await(t, "fail", 1)
	after.bye()
	before.say(`{"uid":"uid2"}`)
	before.stdout.Await(t, "fail", 2)
	before.bye()
}

func TestCurlTLS(t *testing.T) {
	d := startTLS(t)
	page := d.page("uid1")
	_, log := curl(t, "", "--cacert", d.ca, "--http2", "--json", `{"uid":"uid1"}`, "https://"+d.https+"/push")
	if got := page.Next(); got != `{"uid":"uid1"}` {
		t.Errorf("the page got %q", got)
	}
	for _, want := range []string{"server accepted http/1.1", "SSL certificate verify ok", "< HTTP/1.1 200"} {
		if !strings.Contains(log, want) {
			t.Errorf("curl does not say %q:\n%s", want, log)
		}
	}
}

func TestNodeTLS(t *testing.T) {
	node := need(t, "node", getNode)
	if _, err := os.Stat(filepath.Join("node", "node_modules", "ws")); err != nil {
		missing(t, "Node's package ws", getWS)
	}
	d := startTLS(t)
	t.Setenv("NODE_EXTRA_CA_CERTS", d.ca)
	var page *demo
	d.bind(func() { page = launch(t, exec.Command(node, "node/page.js", "wss://"+d.wss+"/", "uid1")) })
	long := `{"uid":"uid1","text":"` + strings.Repeat("0123456789abcdef", 10_000) + `"}`
	expect(t, d.backend(), long, "ok")
	page.wantJSON(1, map[string]any{"text": long, "binary": false})
	d.end()
	page.wantJSON(2, map[string]any{"code": 1001.0})
	page.wantExit(0)
}

func TestPHPTLS(t *testing.T) {
	php := need(t, "php", "apt-get install php-cli")
	d := startTLS(t)
	page := d.page("uid1")
	if got := output(t, exec.Command(php, "php/pushtls.php", d.texts, d.ca, "uid1", "88%")); got != "ok\n" {
		t.Errorf("PHP prints %q", got)
	}
	if got, want := page.Next(), `{"uid":"uid1","percent":"88%"}`; got != want {
		t.Errorf("the page got %q, want %q", got, want)
	}
}

// The page over https, with a certificate that nobody has signed, listens both ways and pushes.
func TestPageTLS(t *testing.T) {
	for _, by := range []string{"ws", "sse"} {
		t.Run(by, func(t *testing.T) {
			var d secureDemo
			d.startAs(t, "-tls-self-signed")
			b := openTab(t)
			b.run(chromedp.Navigate("https://"+d.https+"/?uid=anna"), chromedp.WaitVisible("#tab-curl"))
			if got := b.value(`location.protocol`); got != "https:" {
				t.Errorf("the page is from %s", got)
			}
			d.connect(b, by)
			b.run(chromedp.Click("#push"))
			b.until(percent + ` === 88 && ` + verdict + `.dataset.verdict === 'ok'`)
			if got := d.backend().Ask(`{"uid":"anna","percent":42}`); got != "ok" {
				t.Errorf("got %q", got)
			}
			b.until(percent + ` === 42`)
		})
	}
}

// A page from elsewhere, on a WebSocket over TLS.
func TestBrowserTLS(t *testing.T) {
	var d secureDemo
	d.startAs(t, "-tls-self-signed")
	b := openTab(t)
	d.bind(func() { b.visit(strings.Replace(alerting(d.wss, "uid1"), "ws://", "wss://", 1)) })
	expect(t, d.backend(), `{"uid":"uid1"}`, "ok", b)
	d.end()
	if got := b.Next(); got != "closed with 1001" {
		t.Errorf("the page says %q", got)
	}
}
