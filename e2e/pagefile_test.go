package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestPageFiles asks for the page as a browser does, and once more as one that has it already.
func TestPageFiles(t *testing.T) {
	d := start(t)
	for path, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/web/main.js": "text/javascript; charset=utf-8",
		"/web/style.css": "text/css; charset=utf-8", "/web/icon.svg": "image/svg+xml",
	} {
		status, first, body := ask(t, "GET", "http://"+d.http+path, "")
		if status != 200 || first.Get("Content-Type") != kind || first.Get("X-Content-Type-Options") != "nosniff" || len(body) < 200 {
			t.Errorf("GET %s: %d, %v, %d bytes", path, status, first, len(body))
		}
		if policy := first.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("GET %s: the policy is %q", path, policy)
		}
		status, again, body := ask(t, "GET", "http://"+d.http+path, first.Get("ETag"))
		if status != 304 || again.Get("ETag") != first.Get("ETag") || body != "" {
			t.Errorf("GET %s again: %d, %v, %d bytes", path, status, again, len(body))
		}
		status, head, body := ask(t, "HEAD", "http://"+d.http+path, "")
		if status != 200 || head.Get("Content-Length") != first.Get("Content-Length") || body != "" {
			t.Errorf("HEAD %s: %d, %v, %d bytes", path, status, head, len(body))
		}
		if status, _, _ := ask(t, "POST", "http://"+d.http+path, ""); status != 405 {
			t.Errorf("POST %s: %d", path, status)
		}
	}
	if status, _, _ := ask(t, "GET", "http://"+d.http+"/web/index.html", ""); status != 404 {
		t.Errorf("GET /web/index.html: %d", status)
	}
}

func ask(t *testing.T, method, url, tag string) (status int, fields http.Header, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if tag != "" {
		request.Header.Set("If-None-Match", tag)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(all)
}
