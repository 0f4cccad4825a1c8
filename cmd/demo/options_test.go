package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseOptions(t *testing.T) {
	plain := standardOptions()
	plain.listen = defaultEndpoints
	with := func(change func(o *options)) options {
		o := plain
		change(&o)
		return o
	}
	tests := []struct {
		args string
		want options
	}{
		{args: "", want: plain},
		{args: "-listen text://127.0.0.1:1", want: with(func(o *options) { o.listen = []endpoint{{"text", "127.0.0.1:1", ""}} })},
		{args: "-listen websocket://:1 -listen text://unix:/a --listen=text://:2", want: with(func(o *options) {
			o.listen = []endpoint{{"websocket", ":1", ""}, {"text", "unix:/a", ""}, {"text", ":2", ""}}
		})},
		{args: "-listen http://[::1]:1 -http-token a-._~+/9==", want: with(func(o *options) {
			o.listen, o.httpToken = []endpoint{{"http", "[::1]:1", ""}}, "a-._~+/9=="
		})},
		{args: "-token t -origin same-host -origin https://*.a.example -jwt-key a.pem -jwt-key b.json -jwt-audience x -jwt-cookie c -jwt-leeway off", want: with(func(o *options) {
			o.token = "t"
			o.identity.origins, o.identity.jwtKeys = []string{"same-host", "https://*.a.example"}, []string{"a.pem", "b.json"}
			o.identity.audience, o.identity.cookie, o.identity.leeway = []string{"x"}, "c", -1
		})},
		{args: "-auth-url https://a.example/auth -auth-timeout 1s -auth-cache off", want: with(func(o *options) {
			o.identity.authURL, o.identity.authTime, o.identity.authCache = "https://a.example/auth", time.Second, -1
		})},
		{args: "-cors https://a.example -cors http://b.example:1 -cors *", want: with(func(o *options) {
			o.cors = []string{"https://a.example", "http://b.example:1", "*"}
		})},
		{args: "-listen texts://:1 -tls-cert a.pem -tls-key a.key -tls-cert b.pem -tls-key b.key -tls-client-ca ca.pem", want: with(func(o *options) {
			o.listen = []endpoint{{"texts", ":1", ""}}
			o.tls = tlsOptions{certs: []string{"a.pem", "b.pem"}, keys: []string{"a.key", "b.key"}}
			o.port.tlsClientCA = "ca.pem"
		})},
		{args: "-listen https://:1 -tls-self-signed", want: with(func(o *options) {
			o.listen, o.tls.selfSigned = []endpoint{{"https", ":1", ""}}, true
		})},
		{args: "-trust-proxy 10.0.0.0/8 -trust-proxy 2001:db8::1 -trust-proxy loopback -proxy -proxy-timeout 2s", want: with(func(o *options) {
			o.proxies = proxies{{netip.MustParsePrefix("10.0.0.0/8")}, {netip.MustParsePrefix("2001:db8::1/128")}, loopback}
			o.port.proxy, o.port.proxyTimeout = true, 2*time.Second
		})},
		{args: "-loops 4", want: with(func(o *options) { o.loops = 4 })},
		{args: "-reuseport", want: with(func(o *options) { o.port.reusePort = true })},
		{args: "-single", want: with(func(o *options) { o.single = true })},
		{args: "-slow drop-oldest", want: with(func(o *options) { o.port.slow = "drop-oldest" })},
		{args: "-client-groups=false", want: with(func(o *options) { o.clientGroups = false })},
		{args: "-admin 127.0.0.1:9090", want: with(func(o *options) { o.admin = &endpoint{"http", "127.0.0.1:9090", ""} })},
		{args: "-admin unix:/a", want: with(func(o *options) { o.admin = &endpoint{"http", "unix:/a", ""} })},
		{args: "-log-level debug", want: with(func(o *options) { o.log.level = slog.LevelDebug })},
		{args: "-log-level WARN -log-format json -log-lines off", want: with(func(o *options) {
			o.log.level, o.log.format, o.log.lines = slog.LevelWarn, "json", -1
		})},
	}
	for _, test := range tests {
		got, err := parseOptions(strings.Fields(test.args))
		got.args, got.reading = nil, nil
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: got %+v, %v, want %+v", test.args, got, err, test.want)
		}
	}
}

func TestParseOptionsErrors(t *testing.T) {
	tests := []struct{ args, want string }{
		{"-port 1234", "not defined: -port"},
		{"-listen", "needs an argument: -listen"},
		{"-listen ws://:1", `invalid value "ws://:1" for flag -listen: protocol "ws" is none of websocket, text and http`},
		{"-listen text://:1 -listen nonsense", `invalid value "nonsense" for flag -listen: want websocket://host:port`},
		{"-token a:b", "-token: want letters, digits and -._~+/ only"},
		{"-origin www.example.com", "-origin: want an origin"},
		{"-jwt-key a -auth-url http://a/", "-auth-url: either the back end says who a page is, or a token does"},
		{"-auth-url ftp://a/", "-auth-url: want a URL"},
		{"-auth-url /auth", "-auth-url: want a URL"},
		{"-jwt-audience a", "-jwt-audience: without jwt-key there are no tokens"},
		{"-jwt-uid user", "-jwt-uid: without jwt-key there are no tokens"},
		{"-http-token a:b", "-http-token: want letters, digits and -._~+/ only"},
		{"-http-token =", "-http-token: want letters, digits and -._~+/ only"},
		{"-cors a.example", `invalid value "a.example" for flag -cors: want an origin, such as https://www.example.com, or *`},
		{"-cors https://a.example/", "want an origin"},
		{"-cors null", "want an origin"},
		{"-listen wss://:1", "-listen: wss://:1 wants a certificate: tls-cert and tls-key, or tls-self-signed"},
		{"-listen wss://:1 -tls-cert a.pem", "-tls-cert: each wants its tls-key"},
		{"-listen wss://:1 -tls-cert a.pem -tls-key a.key -tls-self-signed", "-tls-self-signed: it is in place of tls-cert and tls-key"},
		{"-tls-self-signed", "-tls-self-signed: no port of wss, https or texts is there to use the certificate"},
		{"-listen wss://:1 -tls-self-signed -tls-client-ca a.pem", "-tls-client-ca: no port of texts is there to use it"},
		{"-listen text://:1 -listen http://:1", "-listen: http://:1: the address is there twice"},
		{"-listen text://:1?reuseport=1 -listen text://:1", "-listen: text://:1: the address is there twice"},
		{"-reuseport -listen text://unix:/a -listen text://unix:/a", "-listen: text://unix:/a: the address is there twice"},
		{"-admin 9090", `invalid value "9090" for flag -admin: address 9090: missing port`},
		{"-admin unix:", "want host:port, unix:/path or systemd:name"},
		{"-trust-proxy everybody", "want a network such as 10.0.0.0/8 or 2001:db8::/32, an address, or loopback"},
		{"-trust-proxy 10.1.0.0/8", "the address has bits behind the prefix: the network is 10.0.0.0/8"},
		{"-trust-proxy fe80::1%eth0", "want a network"},
		{"-proxy", "-proxy: want trust-proxy too"},
		{"-listen text://:1 -listen http://:2?proxy=1", "-listen: want trust-proxy too"},
		{"-loops 0", "invalid value \"0\" for flag -loops: want a number from 1 to 1024"},
		{"-loops 1025", "want a number from 1 to 1024"},
		{"-loops many", `invalid value "many" for flag -loops`},
		{"-client-groups=perhaps", `invalid boolean value "perhaps" for -client-groups: want true or false`},
		{"-slow down", `invalid value "down" for flag -slow: want close, drop-newest, drop-oldest or conflate`},
		{"-log-level loud", `invalid value "loud" for flag -log-level: want debug, info, warn or error`},
		{"-log-format xml", `invalid value "xml" for flag -log-format: want text or json`},
		{"-log-lines 0", `invalid value "0" for flag -log-lines`},
		{"-single start", `"start" is not a flag`},
		{"websocket://:1", `"websocket://:1" is not a flag`},
	}
	for _, test := range tests {
		_, err := parseOptions(strings.Fields(test.args))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: error %v, want %q", test.args, err, test.want)
		}
	}
	for _, arg := range []string{"-h", "-help", "--help"} {
		if _, err := parseOptions([]string{arg}); !errors.Is(err, flag.ErrHelp) {
			t.Errorf("%q: error %v", arg, err)
		}
	}
}

// TestUsage holds what -h prints against the flags that there are.
func TestUsage(t *testing.T) {
	o := standardOptions()
	var stop stopOptions
	var show statusOptions
	wanted := func(f *flag.Flag) {
		_, about, found := strings.Cut(usage, "\n  -"+f.Name)
		if !found {
			t.Errorf("-%s is missing", f.Name)
			return
		}
		about, _, _ = strings.Cut(about, "\n  -")
		want := strings.ToLower(fmt.Sprintf("(default %s)", f.DefValue))
		if f.DefValue != "" && !strings.Contains(strings.ToLower(about), want) {
			t.Errorf("-%s: want %q in %q", f.Name, want, about)
		}
	}
	for _, flags := range []*flag.FlagSet{o.flags(), stop.flags(), show.flags()} {
		flags.VisitAll(wanted)
	}
	for _, e := range defaultEndpoints {
		if !strings.Contains(usage, e.String()) {
			t.Errorf("the default %s is missing", e)
		}
	}
	for line := range strings.Lines(usage) {
		if len(line) > 90 {
			t.Errorf("wider than a terminal: %q", line)
		}
	}
}

// Ports of the system's choice are several, and so are those that are shared.
func TestPortsTwice(t *testing.T) {
	for _, args := range []string{"-listen text://:0 -listen http://:0 -listen text://:0", "-reuseport -listen text://:1 -listen text://:1"} {
		if _, err := parseOptions(strings.Fields(args)); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
}
