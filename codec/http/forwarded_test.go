package http

import (
	"net/netip"
	"strings"
	"testing"
)

var trusted = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:ffff::/48")}

// lines are the fields of a request, one a line.
func forwardedFields(lines string) (fields Fields) {
	for line := range strings.SplitSeq(lines, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		fields = append(fields, NewField(name, value))
	}
	return fields
}

// A Forwarded as text: client, scheme, host; "-" for what is not told.
func (f Forwarded) text() string {
	client, proto, host := "-", "-", "-"
	if f.Client.IsValid() {
		client = f.Client.String()
	}
	if f.Proto != "" {
		proto = f.Proto
	}
	if f.Host != nil {
		host = string(f.Host)
	}
	return client + " " + proto + " " + host
}

func TestReadForwarded(t *testing.T) {
	for _, test := range []struct{ fields, want string }{
		{"A: b", "- - -"},

		// The examples of RFC 7239 4, 6.1, 6.3, 7.1 and 7.4.
		{`Forwarded: for="_gazonk"`, "- - -"},
		{`Forwarded: For="[2001:db8:cafe::17]:4711"`, "[2001:db8:cafe::17]:4711 - -"},
		{`Forwarded: for=192.0.2.60;proto=http;by=203.0.113.43`, "192.0.2.60:0 http -"},
		{`Forwarded: for=192.0.2.43, for=198.51.100.17`, "198.51.100.17:0 - -"},
		{`Forwarded: for=_hidden, for=_SEVKISEK`, "- - -"},
		{`Forwarded: for="[2001:db8:cafe::17]:47011"`, "[2001:db8:cafe::17]:47011 - -"},
		{`Forwarded: for=192.0.2.43, for="[2001:db8:cafe::17]", for=unknown`, "- - -"},
		{`Forwarded: for=192.0.2.43,for="[2001:db8:cafe::17]",for=10.0.0.1`, "[2001:db8:cafe::17]:0 - -"},

		// Trust ends at the first who is not trusted, from the right.
		{"Forwarded: for=6.6.6.6\nA: b\nForwarded: for=192.0.2.7, for=10.1.1.1\nForwarded: for=10.2.2.2", "192.0.2.7:0 - -"},
		{"Forwarded: for=10.3.3.3, for=192.0.2.7, for=10.1.1.1", "192.0.2.7:0 - -"},
		{"Forwarded: for=10.3.3.3, for=10.1.1.1", "10.3.3.3:0 - -"},
		{`Forwarded: for="[2001:db8:ffff::1]", for=10.1.1.1`, "[2001:db8:ffff::1]:0 - -"},
		{`Forwarded: for=192.0.2.7, for="[::ffff:10.1.1.1]"`, "192.0.2.7:0 - -"},
		{"Forwarded: for=192.0.2.7, for=unknown, for=10.1.1.1, for=10.2.2.2", "10.1.1.1:0 - -"},
		{"Forwarded: for=192.0.2.7, proto=https, for=10.1.1.1", "10.1.1.1:0 https -"},
		{"Forwarded: for=127.0.0.1;host=a, for=10.1.1.1, for=10.2.2.2", "10.1.1.1:0 - a"},
		{"Forwarded: for=192.0.2.7, for=127.0.0.1", "127.0.0.1:0 - -"},
		{"X-Forwarded-For: 127.0.0.1, 10.1.1.1", "10.1.1.1:0 - -"},
		{"Forwarded: for=unknown, for=192.0.2.7", "192.0.2.7:0 - -"},
		{"Forwarded: for=6.6.6.6;host=evil.example;proto=http, for=192.0.2.7;host=a.example;proto=HTTPS, for=10.1.1.1;host=b;proto=http", "192.0.2.7:0 https a.example"},
		{`Forwarded: for=192.0.2.7;host="a.example:8443";proto=wss`, "192.0.2.7:0 https a.example:8443"},
		{`Forwarded: host="a\.exa\mple", `, "- - a.example"},
		{"Forwarded: proto=ftp", "- - -"},

		// Ports, blanks, empty elements, cases, what is not known.
		{`Forwarded: for="192.0.2.7:4711"`, "192.0.2.7:4711 - -"},
		{`Forwarded: for="192.0.2.7:_http"`, "192.0.2.7:0 - -"},
		{`Forwarded: for="unknown:80"`, "- - -"},
		{"Forwarded: , for=192.0.2.7 ,, ;,", "192.0.2.7:0 - -"},
		{"Forwarded: for=192.0.2.7 ; proto=http ;; secret=\"a, b; c=\\\"\"", "192.0.2.7:0 http -"},
		{"fORWARDED: FOR=192.0.2.7;PROTO=Http;BY=\"what ever\"", "192.0.2.7:0 http -"},
		{"Forwarded: ", "- - -"},

		{"X-Forwarded-For: 192.0.2.7", "192.0.2.7:0 - -"},
		{"X-Forwarded-For: 6.6.6.6, 192.0.2.7, 10.1.1.1\nX-Forwarded-For: 10.2.2.2", "192.0.2.7:0 - -"},
		{"X-Forwarded-For: 192.0.2.7:4711", "192.0.2.7:4711 - -"},
		{"X-Forwarded-For: 2001:db8::7, 10.1.1.1", "[2001:db8::7]:0 - -"},
		{"X-Forwarded-For: [2001:db8::7]", "[2001:db8::7]:0 - -"},
		{"X-Forwarded-For: [2001:db8::7]:4711", "[2001:db8::7]:4711 - -"},
		{"X-Forwarded-For: ::ffff:192.0.2.7", "192.0.2.7:0 - -"},
		{"X-Forwarded-For: fe80::1%eth0", "[fe80::1]:0 - -"},
		{"X-Forwarded-For: \"; drop, 192.0.2.7", "192.0.2.7:0 - -"},
		{"X-Forwarded-For: 192.0.2.7, unknown", "- - -"},
		{"X-Forwarded-For: 192.0.2.7, unix:", "- - -"},
		{"X-Forwarded-For: 192.0.2.7, unknown, 10.1.1.1", "10.1.1.1:0 - -"},
		{"X-Forwarded-For: , ,", "- - -"},
		{"X-Forwarded-For: 192.0.2.7\nX-Forwarded-Proto: https\nX-Forwarded-Host: a.example:8443", "192.0.2.7:0 https a.example:8443"},
		{"X-Forwarded-Proto: http, https\nX-Forwarded-Host: evil.example\nX-Forwarded-Host: a.example", "- https a.example"},
		{"X-Forwarded-Host: ", "- - -"},

		// Both are there, and do not contradict each other.
		{"Forwarded: for=192.0.2.7;proto=https;host=a\nX-Forwarded-For: 192.0.2.7\nX-Forwarded-Proto: https\nX-Forwarded-Host: A", "192.0.2.7:0 https a"},
		{"Forwarded: for=6.6.6.6, for=192.0.2.7\nX-Forwarded-For: 7.7.7.7, 192.0.2.7:4711, 10.1.1.1", "192.0.2.7:4711 - -"},
		{"Forwarded: for=\"192.0.2.7:4711\"\nX-Forwarded-For: 192.0.2.7", "192.0.2.7:4711 - -"},
		{"Forwarded: for=_hidden\nX-Forwarded-For: unknown\nX-Forwarded-Proto: http", "- http -"},
		{"Forwarded: for=192.0.2.7\nX-Forwarded-Proto: http\nX-Forwarded-Host: a", "192.0.2.7:0 http a"},
	} {
		got, err := ReadForwarded(forwardedFields(test.fields), trusted)
		if err != nil || got.text() != test.want {
			t.Errorf("%s\n\tgot %s, %v, want %s", test.fields, got.text(), err, test.want)
		}
	}
}

func TestReadForwardedRefuses(t *testing.T) {
	for _, test := range []struct {
		fields string
		want   error
	}{
		{`Forwarded: for="192.0.2.7, for=10.1.1.1`, ErrForwarded}, // left open by a client, in front of what the proxy says
		{`Forwarded: for="192.0.2.7\`, ErrForwarded},
		{`Forwarded: for="192.0.2.7\"`, ErrForwarded},
		{`Forwarded: for="192.0.2.7"x`, ErrForwarded},
		{`Forwarded: for=192.0.2.7 proto=http`, ErrForwarded},
		{`Forwarded: for=192.0.2.7;for=192.0.2.8`, ErrForwarded},
		{`Forwarded: proto=http;proto=http`, ErrForwarded},
		{`Forwarded: host=a;host=a`, ErrForwarded},
		{`Forwarded: for`, ErrForwarded},
		{`Forwarded: for=`, ErrForwarded},
		{`Forwarded: for=""`, ErrForwarded},
		{`Forwarded: =192.0.2.7`, ErrForwarded},
		{`Forwarded: for =192.0.2.7`, ErrForwarded},
		{`Forwarded: for=2001:db8::7`, ErrForwarded},
		{`Forwarded: for=[2001:db8::7]`, ErrForwarded},
		{`Forwarded: for="2001:db8::7"`, ErrForwarded},
		{`Forwarded: for="[2001:db8::7"`, ErrForwarded},
		{`Forwarded: for="[2001:db8::7%eth0]"`, ErrForwarded},
		{`Forwarded: for="[192.0.2.7]"`, ErrForwarded},
		{`Forwarded: for="192.0.2.7:"`, ErrForwarded},
		{`Forwarded: for="192.0.2.7:65536"`, ErrForwarded},
		{`Forwarded: for="192.0.2.7:+80"`, ErrForwarded},
		{`Forwarded: for=192.0.2.07`, ErrForwarded},
		{`Forwarded: for=_`, ErrForwarded},
		{`Forwarded: for="_a b"`, ErrForwarded},
		{`Forwarded: for=example.com`, ErrForwarded},
		{`Forwarded: host="a b"`, ErrForwarded},
		{`Forwarded: host=""`, ErrForwarded},
		{"Forwarded: for=192.0.2.7\nForwarded: x", ErrForwarded},
		{"X-Forwarded-Host: a b", ErrForwarded},

		{"Forwarded: for=192.0.2.7\nX-Forwarded-For: 192.0.2.8", ErrForwardedTwice},
		{"Forwarded: for=192.0.2.7\nX-Forwarded-For: 192.0.2.7, 192.0.2.8", ErrForwardedTwice},
		{"Forwarded: for=192.0.2.7\nX-Forwarded-For: unknown", ErrForwardedTwice},
		{"Forwarded: for=unknown\nX-Forwarded-For: 192.0.2.7", ErrForwardedTwice},
		{"Forwarded: proto=https\nX-Forwarded-For: 192.0.2.7", ErrForwardedTwice},
		{"Forwarded: for=192.0.2.7;proto=https\nX-Forwarded-For: 192.0.2.7\nX-Forwarded-Proto: http", ErrForwardedTwice},
		{"Forwarded: for=192.0.2.7;host=a\nX-Forwarded-Host: b", ErrForwardedTwice},
	} {
		if got, err := ReadForwarded(forwardedFields(test.fields), trusted); err != test.want || got.text() != "- - -" {
			t.Errorf("%s\n\tgot %s, %v, want %v", test.fields, got.text(), err, test.want)
		}
	}
}

// FuzzForwarded: what a client sends before it, on lines of its own, never changes what the proxy says, unless it is refused; in
// X-Forwarded-For on the same line neither.
func FuzzForwarded(f *testing.F) {
	for _, client := range []string{
		"", "for=6.6.6.6", `for="6.6.6.6`, "for=10.1.1.1;host=a, for=10.1.1.1", `for="[2001:db8:ffff::1]:80"`, "for=unknown", `x="\\"`,
		"192.0.2.7", "10.1.1.1, 10.1.1.1", "[::1]:80", `"`,
	} {
		f.Add(client)
	}
	const proxies = "192.0.2.7:0 https a.example"
	f.Fuzz(func(t *testing.T, client string) {
		if !validValue([]byte(client)) {
			return // no parser lets it come so far
		}
		own := "for=192.0.2.7;proto=https;host=a.example"
		for name, fields := range map[string]Fields{
			"a line":    {NewField("Forwarded", client), NewField("Forwarded", own)},
			"same line": {NewField("Forwarded", client+", "+own)},
		} {
			if got, err := ReadForwarded(fields, trusted); err == nil && got.text() != proxies || err != nil && err != ErrForwarded {
				t.Errorf("%q, %s: %s, %v", client, name, got.text(), err)
			}
		}
		loose := Fields{
			NewField("X-Forwarded-For", client+", 192.0.2.7"), NewField("X-Forwarded-For", "10.1.1.1"),
			NewField("X-Forwarded-Proto", "https"), NewField("X-Forwarded-Host", "a.example"),
		}
		if got, err := ReadForwarded(loose, trusted); err != nil || got.text() != proxies {
			t.Errorf("%q: %s, %v", client, got.text(), err)
		}
		// Alone, it is read or refused, and what is read is well-formed.
		for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host"} {
			got, err := ReadForwarded(Fields{NewField(name, client)}, trusted)
			if err == nil && got.Host != nil && !validHostPort(got.Host) || got.Client.Addr().Is4In6() || got.Client.Addr().Zone() != "" {
				t.Errorf("%s: %q: %s, %v", name, client, got.text(), err)
			}
		}
	})
}

func BenchmarkReadForwarded(b *testing.B) {
	for name, lines := range map[string]string{
		"none":      "A: b",
		"standard":  "Forwarded: for=192.0.2.7;proto=https;host=a.example",
		"customary": "X-Forwarded-For: 192.0.2.7\nX-Forwarded-Proto: https\nX-Forwarded-Host: a.example",
	} {
		fields := forwardedFields("Accept: */*\nUser-Agent: x\nCookie: a=b\n" + lines)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ReadForwarded(fields, trusted); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
