package http

import "testing"

func TestOrigins(t *testing.T) {
	const host = "www.example.com:8080"
	for _, tt := range []struct {
		origins string // one entry; "" for none
		host    string
		origin  string
		admits  bool
	}{
		{"", host, "", true},
		{"", host, "http://www.example.com:8080", true},
		{"", host, "https://www.example.com", true},
		{"", host, "http://WWW.example.com:9", true},
		{"", "www.example.com", "https://www.example.com:444", true},
		{"", host, "http://example.com", false},
		{"", host, "http://a.www.example.com", false},
		{"", host, "http://www.example.com.evil.example", false},
		{"", host, "http://www.example.comx", false},
		{"", host, "http://evil.example/www.example.com", false},
		{"", host, "http://www.example.com@evil.example", false},
		{"", host, "null", false},
		{"", host, "file://", false},
		{"", host, "", true},
		{"", host, "http://", false},
		{"", host, "www.example.com", false},
		{"", "localhost:1234", "http://127.0.0.1:8080", true},
		{"", "[::1]:1234", "http://localhost:3000", true},
		{"", "127.0.0.1:1234", "http://[::1]", true},
		{"", "127.0.0.1:1234", "http://localhost.evil.example", false},
		{"", "192.0.2.1:1234", "http://192.0.2.1", true},
		{"", "192.0.2.1:1234", "http://192.0.2.2", false},
		{"", "[2001:db8::1]:1234", "http://[2001:db8::1]:80", true},
		{"", "", "http://", false},
		{"same-host", host, "http://www.example.com", true},
		{"same-host", host, "http://example.com", false},

		{"https://a.example", host, "https://a.example", true},
		{"https://a.example", host, "HTTPS://A.EXAMPLE", true},
		{"https://a.example:443", host, "https://a.example", true},
		{"http://a.example:80", host, "http://a.example", true},
		{"http://a.example:443", host, "http://a.example", false},
		{"https://a.example", host, "https://a.example:8443", false},
		{"https://a.example", host, "http://a.example", false},
		{"https://a.example", host, "https://b.a.example", false},
		{"https://a.example", host, "https://www.example.com", false},
		{"https://a.example", host, "null", false},
		{"https://a.example", host, "", true},
		{"https://a.example:8443", host, "https://a.example:8443", true},

		{"https://*.a.example", host, "https://b.a.example", true},
		{"https://*.a.example", host, "https://c.b.A.example", true},
		{"https://*.a.example", host, "https://a.example", false},
		{"https://*.a.example", host, "https://.a.example", false},
		{"https://*.a.example", host, "https://ba.example", false},
		{"https://*.a.example", host, "https://b.a.example:8443", false},
		{"https://*.a.example:8443", host, "https://b.a.example:8443", true},
		{"https://*.a.example", host, "http://b.a.example", false},
		{"https://*.a.example", host, "https://b.a.example.evil.example", false},

		{"https://*.a.example", host, "https://evil.example https://b.a.example", false},
		{"*", host, "https://evil.example https://b.a.example", true},

		{"null", host, "null", true},
		{"null", host, "file://", true},
		{"null", host, "http://www.example.com", false},
		{"*", host, "https://evil.example", true},
		{"*", host, "null", true},
		{"capacitor://localhost", host, "capacitor://localhost", true},
	} {
		var o Origins
		if tt.origins != "" {
			o = Origins{"https://other.example", tt.origins}
		}
		if err := o.Check(); err != nil {
			t.Errorf("%q: %v", o, err)
		}
		h := &Head{Fields: Fields{NewField("Host", tt.host)}}
		if tt.origin != "" {
			h.Fields = append(h.Fields, NewField("Origin", tt.origin))
		}
		if got := o.Admits(h); got != tt.admits {
			t.Errorf("%q for %s from %q: %v", tt.origins, tt.host, tt.origin, got)
		}
	}
}

func TestOriginsOfSeveralFields(t *testing.T) {
	twice := &Head{Fields: Fields{NewField("Host", "a"), NewField("Origin", "http://a"), NewField("Origin", "http://a")}}
	if (Origins{}).Admits(twice) {
		t.Error("two Origin fields are let in")
	}
	for site, admits := range map[string]bool{"none": true, "same-origin": true, "same-site": false, "cross-site": false, "?": false} {
		h := &Head{Fields: Fields{NewField("Host", "a"), NewField("Sec-Fetch-Site", site)}}
		if got := (Origins{}).Admits(h); got != admits {
			t.Errorf("Sec-Fetch-Site: %s without Origin: %v", site, got)
		}
		if !(Origins{"*"}).Admits(h) {
			t.Errorf("Sec-Fetch-Site: %s is kept from all", site)
		}
		h.Fields = append(h.Fields, NewField("Origin", "http://a:80"))
		if !(Origins{}).Admits(h) {
			t.Errorf("Sec-Fetch-Site: %s with the host's origin is refused", site)
		}
	}
}

func TestOriginsCheck(t *testing.T) {
	for _, wrong := range []string{
		"", "a.example", "https://", "https://a.example/", "https://a.example/path", "https://user@a.example", "https://*", "https://*.",
		"https://a.*.example/", "https://a.example:x", "https://a.example:99999", "://a.example", "same", "Null", "https://a b",
	} {
		if err := (Origins{"https://a.example", wrong}).Check(); err != ErrOrigin {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// What is allowed must not depend on the page that asks: nothing that is no origin of the list gets through, whatever it looks like.
func FuzzOrigins(f *testing.F) {
	f.Add("https://a.example", "a.example")
	f.Add("https://b.a.example:443", "x")
	f.Add("null", "[::1]:80")
	f.Add("https://evil.example/.a.example", "a.example:1")
	f.Fuzz(func(t *testing.T, origin, host string) {
		h := &Head{Fields: Fields{NewField("Host", host), NewField("Origin", origin)}}
		same := (Origins{}).Admits(h)
		if same != (Origins{"same-host"}).Admits(h) {
			t.Fatalf("the default differs from same-host for %q and %q", origin, host)
		}
		if !(Origins{"*"}).Admits(h) {
			t.Fatalf("* keeps %q out", origin)
		}
		if (Origins{"https://a.example"}).Admits(h) && (!equalFold([]byte(origin), "https://a.example") && !equalFold([]byte(origin), "https://a.example:443")) {
			t.Fatalf("%q passes for https://a.example", origin)
		}
	})
}
