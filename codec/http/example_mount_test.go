//go:build linux

package http_test

import (
	"context"
	"fmt"
	"io"
	nethttp "net/http"
	"testing/fstest"

	"fanloop/codec/http"
	"fanloop/engine"
)

// One port for what is answered on the loop and for handlers of net/http, which may block: promhttp.Handler(), pprof.Index
// and a file server are mounted alike.
func ExampleServer_Mount() {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())
	server := &http.Server{}
	server.Handle("GET /hello/{name}", func(x *http.Exchange) {
		_ = x.Respond(200, nil, []byte("hello, "+x.PathValue("name")))
	})
	files := fstest.MapFS{"page.txt": {Data: []byte("a page")}}
	server.Mount("/files/", nethttp.StripPrefix("/files", nethttp.FileServerFS(files)))
	ln, err := eng.Listen("127.0.0.1:0", server)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range []string{"/hello/Ada", "/files/page.txt", "/nowhere"} {
		res, err := nethttp.Get("http://" + ln.Addr().String() + path)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		fmt.Printf("%d %q\n", res.StatusCode, body)
	}
	// Output:
	// 200 "hello, Ada"
	// 200 "a page"
	// 404 "not found\n"
}
