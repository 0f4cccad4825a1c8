package http

import "testing"

func TestTarget(t *testing.T) {
	for _, test := range []struct {
		method, target    string
		host, path, query string
	}{
		{"GET", "/", "field", "/", "-"},
		{"GET", "/a/b.c", "field", "/a/b.c", "-"},
		{"GET", "//a//", "field", "//a//", "-"},
		{"GET", "/a?", "field", "/a", ""},
		{"GET", "/?b=/?c", "field", "/", "b=/?c"},
		{"GET", "/ws?a=http://b/?c", "field", "/ws", "a=http://b/?c"},
		{"GET", "/%E4%bd%BF:@!$&'()*+,;=-._~[]|^", "field", "/%E4%bd%BF:@!$&'()*+,;=-._~[]|^", "-"},
		{"GET", "/?ids[]=7&x={a|b}^`\\&50%&%zz", "field", "/", "ids[]=7&x={a|b}^`\\&50%&%zz"},
		{"GET", "http://b", "b", "/", "-"},
		{"GET", "http://b?c", "b", "/", "c"},
		{"GET", "HTTPS://b:443/c?d://e", "b:443", "/c", "d://e"},
		{"GET", "http://[::1]:/c", "[::1]:", "/c", "-"},
		{"CONNECT", "b:443", "b:443", "", "-"},
		{"CONNECT", "[2001:db8::1]:1", "[2001:db8::1]:1", "", "-"},
		{"OPTIONS", "*", "field", "*", "-"},
		{"OPTIONS", "/a", "field", "/a", "-"},
		{"OPTIONS", "http://b:80", "b:80", "*", "-"},
		{"OPTIONS", "http://b/", "b", "/", "-"},
		{"OPTIONS", "http://b?c", "b", "/", "c"},
		{"OPTIONS", "http://b/x://b", "b", "/x://b", "-"},
	} {
		raw := test.method + " " + test.target + " HTTP/1.1\r\nHost: field\r\n\r\n"
		h, _, err := new(HeadDecoder).Decode([]byte(raw))
		if err != nil {
			t.Errorf("%q: %v", raw, err)
			continue
		}
		query := string(h.Query())
		if h.Query() == nil {
			query = "-"
		}
		if string(h.Host()) != test.host || string(h.Path()) != test.path || query != test.query {
			t.Errorf("%q: host %q, path %q, query %q", raw, h.Host(), h.Path(), query)
		}
	}
}

func TestTargetRefused(t *testing.T) {
	for _, test := range []struct{ method, target string }{
		{"GET", "a"}, {"GET", "*"}, {"GET", "?a"}, {"GET", "b:443"}, {"GET", "/a#b"}, {"GET", "/?a#b"},
		{"GET", "/\""}, {"GET", "/<"}, {"GET", "/?<"}, {"GET", "/?\""}, {"GET", "/\\"}, {"GET", "/`"}, {"GET", "/{"},
		{"GET", "/\x7f"}, {"GET", "/\x01"}, {"GET", "/?\x1f"}, {"GET", "http://é/"}, {"CONNECT", "é:1"},
		{"GET", "/%"}, {"GET", "/%4"}, {"GET", "/%4g"}, {"GET", "/%g4"}, {"GET", "/%%41"}, {"GET", "/\"41"},
		{"GET", "http:/b"}, {"GET", "http:b"}, {"GET", "http://"}, {"GET", "http:///a"}, {"GET", "http://:80/"},
		{"GET", "http://u@b/"}, {"GET", "http://u:p@b/"}, {"GET", "http://b:x/"}, {"GET", "http://b:65536/"},
		{"GET", "http://b c/"}, {"GET", "http://b/#"}, {"GET", "http://[::1/"}, {"GET", "http://b[::1]/"},
		{"GET", "ftp://b/"}, {"GET", "ws://b/"}, {"GET", "://b/"}, {"GET", "xhttp://b/"},
		{"CONNECT", "/"}, {"CONNECT", "b"}, {"CONNECT", "b:"}, {"CONNECT", ":1"}, {"CONNECT", "b:x"},
		{"CONNECT", "http://b:443"}, {"CONNECT", "u@b:443"}, {"CONNECT", "b:443/"}, {"CONNECT", "*"},
		{"OPTIONS", "**"}, {"OPTIONS", "*/"}, {"OPTIONS", "b:443"}, {"options", "*"},
	} {
		raw := test.method + " " + test.target + " HTTP/1.1\r\nHost: field\r\n\r\n"
		want := ErrTarget
		if test.target == "http://b c/" {
			want = ErrRequestLine
		}
		if _, _, err := new(HeadDecoder).Decode([]byte(raw)); err != want {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func TestHasBody(t *testing.T) {
	for raw, want := range map[string]bool{
		"":                               false,
		"Content-Length: 0\r\n":          false,
		"Content-Length: 1\r\n":          true,
		"Transfer-Encoding: chunked\r\n": true,
	} {
		h, _, err := new(HeadDecoder).Decode([]byte(start + raw + "\r\n"))
		if err != nil || h.HasBody() != want {
			t.Errorf("%q: %v, %v", raw, h.HasBody(), err)
		}
	}
}

func TestEmptyHead(t *testing.T) {
	var h Head
	if h.Path() != nil || h.Query() != nil || h.Host() != nil || h.HasBody() {
		t.Errorf("the zero Head has %q, %q, %q, %v", h.Path(), h.Query(), h.Host(), h.HasBody())
	}
}
