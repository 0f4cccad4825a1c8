package e2e

import (
	"crypto/sha256"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// curl runs curl against a site, with its stdin, and returns what it prints and what -v says.
func curl(t *testing.T, stdin string, args ...string) (stdout, verbose string) {
	t.Helper()
	cmd := exec.Command(need(t, "curl", "apt-get install curl"), append([]string{"--silent", "--verbose", "--max-time", "30"}, args...)...)
	var out, log strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", cmd, err, out.String(), log.String())
	}
	return out.String(), log.String()
}

func TestCurl(t *testing.T) {
	url := "http://" + startSite(t, site())
	large := strings.Repeat("0123456789abcdef", 40_000)
	sum := fmt.Sprintf("640000 bytes %x\n", sha256.Sum256([]byte(large)))
	const format = "\n%{http_code} %{num_connects} "
	tests := []struct {
		name, stdin string
		args        []string
		want        string
		said        []string // by -v
		unsaid      []string
	}{
		{name: "GET", args: []string{url + "/plain"}, want: "Hello, World!",
			said: []string{"< HTTP/1.1 200 OK", "< Content-Length: 13", "< Date: ", "left intact"}, unsaid: []string{"< Connection:"}},
		{name: "HEAD", args: []string{"--head", "--output", "/dev/null", "--write-out", "%{http_code} %{size_download} ", url + "/plain", "--next", "--silent", url + "/plain"},
			want: "200 0 Hello, World!", said: []string{"> HEAD /plain", "< Content-Length: 13", "Re-using existing connection"}},
		{name: "kept", args: []string{"--write-out", format, url + "/echo/1", url + "/echo/2"},
			want: "GET /echo/1 HTTP/1.1\n\n200 1 GET /echo/2 HTTP/1.1\n\n200 0 "},
		{name: "close", args: []string{"--write-out", format, "--header", "Connection: close", url + "/echo/1", url + "/echo/2"},
			want: "GET /echo/1 HTTP/1.1\n\n200 1 GET /echo/2 HTTP/1.1\n\n200 1 ", said: []string{"< Connection: close"}},
		{name: "HTTP/1.0", args: []string{"--http1.0", "--write-out", format, url + "/echo/1", url + "/echo/2"},
			want: "GET /echo/1 HTTP/1.0\n\n200 1 GET /echo/2 HTTP/1.0\n\n200 1 "},
		{name: "HTTP/1.0, kept", args: []string{"--http1.0", "--write-out", format, "--header", "Connection: keep-alive", url + "/echo/1", url + "/echo/2"},
			want: "GET /echo/1 HTTP/1.0\n\n200 1 GET /echo/2 HTTP/1.0\n\n200 0 ", said: []string{"< Connection: keep-alive"}},
		{name: "HTTP/1.0, streamed", args: []string{"--http1.0", url + "/stream"}, want: "piece 0\npiece 1\npiece 2\n", unsaid: []string{"chunked"}},
		{name: "streamed", args: []string{url + "/stream"}, want: "piece 0\npiece 1\npiece 2\n", said: []string{"< Transfer-Encoding: chunked"}},
		{name: "h2c", args: []string{"--http2", url + "/plain"}, want: "Hello, World!", said: []string{"> Upgrade: h2c", "< HTTP/1.1 200 OK"}},
		{name: "Expect", stdin: large, args: []string{"--expect100-timeout", "30", "--header", "Expect: 100-continue", "--data-binary", "@-", url + "/echo/"},
			want: "POST /echo/ HTTP/1.1 Expect=100-continue " + sum, said: []string{"< HTTP/1.1 100 Continue", "< HTTP/1.1 200 OK"}},
		{name: "no Expect", stdin: large, args: []string{"--header", "Expect:", "--data-binary", "@-", url + "/echo/"},
			want: "POST /echo/ HTTP/1.1 " + sum, unsaid: []string{"100 Continue"}},
		{name: "chunked", stdin: large, args: []string{"--header", "Expect:", "--upload-file", "-", url + "/echo/"},
			want: "PUT /echo/ HTTP/1.1 Transfer-Encoding=chunked " + sum},
		{name: "chunked, Expect", stdin: large, args: []string{"--expect100-timeout", "30", "--header", "Expect: 100-continue", "--upload-file", "-", url + "/echo/"},
			want: "PUT /echo/ HTTP/1.1 Transfer-Encoding=chunked Expect=100-continue " + sum, said: []string{"< HTTP/1.1 100 Continue"}},
		{name: "too large, Expect: nothing is uploaded", stdin: large + large, args: []string{"--expect100-timeout", "30", "--header", "Expect: 100-continue", "--data-binary", "@-", "--write-out", "%{http_code} %{size_upload}", url + "/echo/"},
			want: "request body too large\n413 0", unsaid: []string{"100 Continue"}},
		{name: "UTF-8 in a path, which curl encodes", args: []string{url + "/echo/你好"}, want: "GET /echo/%e4%bd%a0%e5%a5%bd HTTP/1.1\n"},
		{name: "UTF-8 in a path, raw: no URI, but what was meant is plain", args: []string{"--request-target", "/echo/你好", url}, want: "GET /echo/你好 HTTP/1.1\n"},
		{name: "file", args: []string{url + "/files/digits.txt"}, want: "0123456789",
			said: []string{"< Content-Type: text/plain; charset=utf-8", "< Last-Modified: Fri, 02 Jan 2026 03:04:05 GMT", "< Accept-Ranges: bytes"}},
		{name: "range", args: []string{"--range", "2-5", url + "/files/digits.txt"}, want: "2345",
			said: []string{"< HTTP/1.1 206 Partial Content", "< Content-Range: bytes 2-5/10", "< Content-Length: 4"}},
		{name: "range to the end", args: []string{"--range", "-3", url + "/files/digits.txt"}, want: "789", said: []string{"< Content-Range: bytes 7-9/10"}},
		{name: "download goes on", args: []string{"--continue-at", "6", url + "/files/digits.txt"}, want: "6789"},
		{name: "range beyond", args: []string{"--range", "20-", "--output", "/dev/null", "--write-out", "%{http_code}", url + "/files/digits.txt"}, want: "416", said: []string{"< Content-Range: bytes */10"}},
		{name: "not modified", args: []string{"--time-cond", "Sat, 03 Jan 2026 00:00:00 GMT", "--write-out", "%{http_code}", url + "/files/digits.txt"}, want: "304"},
		{name: "no such file", args: []string{"--output", "/dev/null", "--write-out", "%{http_code}", url + "/files/no.txt"}, want: "404"},
		{name: "net/http, Expect", stdin: large, args: []string{"--expect100-timeout", "30", "--header", "Expect: 100-continue", "--data-binary", "@-", url + "/sum"},
			want: strings.TrimSpace(sum) + " <nil>\n", said: []string{"< HTTP/1.1 100 Continue"}},
		{name: "net/http, chunked", stdin: large, args: []string{"--header", "Expect:", "--upload-file", "-", url + "/sum"}, want: strings.TrimSpace(sum) + " <nil>\n"},
		{name: "no such path", args: []string{"--write-out", " %{http_code}", "--output", "/dev/null", url + "/nowhere"}, want: " 404"},
		{name: "no such method", args: []string{"--request", "DELETE", "--write-out", " %{http_code}", "--output", "/dev/null", url + "/plain"}, want: " 405", said: []string{"< Allow: GET, HEAD"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, verbose := curl(t, test.stdin, test.args...)
			if out != test.want {
				t.Errorf("curl prints %q, want %q", out, test.want)
			}
			wantSaid(t, verbose, test.said, test.unsaid)
		})
	}
}

func wantSaid(t *testing.T, text string, said, unsaid []string) {
	t.Helper()
	for _, want := range said {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	for _, not := range unsaid {
		if strings.Contains(text, not) {
			t.Errorf("%q should not be in:\n%s", not, text)
		}
	}
}
