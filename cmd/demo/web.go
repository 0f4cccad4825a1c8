//go:build linux

package main

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"path"
	"sync"

	"fanloop/codec/http"
)

//go:embed web
var webFolder embed.FS

// A webFile is one file of the page that the server shows, with its answer made beforehand.
type webFile struct {
	path  string // of its URL
	body  []byte
	tag   string       // its ETag
	whole *http.Answer // 200
	known *http.Answer // 304
	other *http.Answer // 412
}

// webPolicy lets the page have what comes from this server, and nothing else: no script that stands in a page, no frame around it.
const webPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// webTypes are the types of the files by the ends of their names: what the system's own table says of .js differs.
var webTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// webFiles are the files of the page; / is its beginning. All sites have the same.
var webFiles = sync.OnceValue(readWebFiles)

func readWebFiles() []*webFile {
	entries, err := webFolder.ReadDir("web")
	if err != nil {
		panic(err) // it is in the program
	}
	files := make([]*webFile, len(entries))
	for i, e := range entries {
		name := path.Join("web", e.Name())
		body, err := webFolder.ReadFile(name)
		if err != nil {
			panic(err)
		}
		files[i] = newWebFile("/"+name, body)
	}
	return files
}

func newWebFile(url string, body []byte) *webFile {
	kind := webTypes[path.Ext(url)]
	if url == "/web/index.html" {
		url = "/"
	}
	sum := sha256.Sum256(body)
	f := &webFile{path: url, body: body, tag: fmt.Sprintf(`"%x"`, sum[:12])}
	fields := http.Fields{
		http.NewField("Content-Type", kind),
		http.NewField("Content-Security-Policy", webPolicy),
		http.NewField("X-Content-Type-Options", "nosniff"),
		http.NewField("Referrer-Policy", "same-origin"),
		http.NewField("Cache-Control", "no-cache"), // a browser asks each time whether it has changed
		http.NewField("ETag", f.tag),
	}
	f.whole, f.known, f.other = made(200, fields, body), made(304, fields[1:], nil), made(412, fields[1:], nil)
	return f
}

func made(status int, fields http.Fields, body []byte) *http.Answer {
	a, err := http.NewAnswer(status, fields, body)
	if err != nil {
		panic(err) // it is in the program
	}
	return a
}

// pattern is that of its route.
func (f *webFile) pattern() string {
	if f.path == "/" {
		return "GET /{$}"
	}
	return "GET " + f.path
}

// serve answers a GET or HEAD, in the order of RFC 9110 13.2.2.
func (f *webFile) serve(x *http.Exchange) {
	switch request := x.Head().Fields; {
	case f.isOther(request):
		f.other.Serve(x)
	case f.isKnown(request):
		f.known.Serve(x)
	default:
		f.whole.Serve(x)
	}
}

// isOther tells whether the client wants the file as it is not, or no longer, say for the rest of one (RFC 9110 13.1.1).
func (f *webFile) isOther(request http.Fields) bool {
	for tag := range request.List("If-Match") {
		if string(tag) == "*" || string(tag) == f.tag {
			return false
		}
	}
	return request.Has("If-Match")
}

// isKnown tells whether the browser has the file already (RFC 9110 13.1.2).
func (f *webFile) isKnown(request http.Fields) bool {
	for tag := range request.List("If-None-Match") {
		if string(tag) == "*" || string(bytes.TrimPrefix(tag, []byte("W/"))) == f.tag {
			return true
		}
	}
	return false
}
