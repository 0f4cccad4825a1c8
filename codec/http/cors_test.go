package http

import (
	"strings"
	"testing"
)

func TestCORS(t *testing.T) {
	none := &CORS{Credentials: true}
	any := &CORS{Origins: []string{"*"}, Credentials: true}
	named := &CORS{Origins: []string{"https://a.example", "null"}}
	cookies := &CORS{Origins: []string{"https://a.example"}, Credentials: true}
	mixed := &CORS{Origins: []string{"*", "https://a.example"}, Credentials: true}
	const vary, allow, cookie = "Vary: Origin\r\n", "Access-Control-Allow-Origin: ", "Access-Control-Allow-Credentials: true\r\n"
	for _, test := range []struct {
		cors         *CORS
		origin, want string
	}{
		{none, "https://a.example", ""},
		{any, "", ""},
		{any, "https://a.example", allow + "*\r\n"},
		{named, "", vary},
		{named, "https://a.example", vary + allow + "https://a.example\r\n"},
		{named, "null", vary + allow + "null\r\n"},
		{named, "https://a.example.org", vary},
		{named, "http://a.example", vary},
		{named, "https://a.example:8443", vary},
		{cookies, "https://a.example", vary + allow + "https://a.example\r\n" + cookie},
		{cookies, "https://b.example", vary},
		{mixed, "https://a.example", vary + allow + "https://a.example\r\n" + cookie},
		{mixed, "https://b.example", vary + allow + "*\r\n"},
	} {
		var h Head
		if test.origin != "" {
			h.Fields = Fields{NewField("Origin", test.origin)}
		}
		if got, err := test.cors.AppendFields(nil, &h).Append(nil); string(got) != test.want || err != nil {
			t.Errorf("%+v, %q: %q, %v; want %q", test.cors, test.origin, got, err, test.want)
		}
	}
}

func TestCORSPreflight(t *testing.T) {
	c := &CORS{Origins: []string{"https://a.example"}, Credentials: true}
	ask := Fields{
		NewField("Origin", "https://a.example"),
		NewField("Access-Control-Request-Method", "GET"),
		NewField("Access-Control-Request-Headers", "authorization,x-more"),
	}
	want := "Vary: Origin\r\nAccess-Control-Allow-Origin: https://a.example\r\nAccess-Control-Allow-Credentials: true\r\n" +
		"Access-Control-Allow-Methods: GET, HEAD\r\nAccess-Control-Max-Age: 7200\r\nAccess-Control-Allow-Headers: authorization,x-more\r\n"
	if got, _ := c.AppendPreflight(nil, &Head{Fields: ask}, "GET, HEAD").Append(nil); string(got) != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	ask[0] = NewField("Origin", "https://b.example")
	if got, _ := c.AppendPreflight(nil, &Head{Fields: ask}, "GET, HEAD").Append(nil); string(got) != "Vary: Origin\r\n" {
		t.Errorf("a foreign origin gets %q", got)
	}
	if got, _ := c.AppendPreflight(nil, &Head{}, "GET").Append(nil); strings.Contains(string(got), "Allow") {
		t.Errorf("no preflight gets %q", got)
	}
}
