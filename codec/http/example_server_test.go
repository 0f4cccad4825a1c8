//go:build linux

package http_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	nethttp "net/http"
	"strings"

	"fanloop/codec/http"
	"fanloop/engine"
)

// run serves web until the function that it returns is called; url is where.
func run(web *http.Server) (url string, stop func()) {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		panic(err)
	}
	ln, err := eng.Listen("127.0.0.1:0", web)
	if err != nil {
		panic(err)
	}
	return "http://" + ln.Addr().String(), func() { _ = eng.Shutdown(context.Background()) }
}

// show prints an answer.
func show(res *nethttp.Response, err error) {
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	fmt.Printf("%d %s %v\n", res.StatusCode, body, err)
}

func ExampleServer() {
	web := &http.Server{}
	web.Handle("GET /hello/{name}", func(x *http.Exchange) {
		_ = x.Respond(200, nil, []byte("hello "+x.PathValue("name")))
	})
	web.Handle("POST /upper", func(x *http.Exchange) {
		_ = x.Respond(200, nil, bytes.ToUpper(x.Body()))
	})
	url, stop := run(web)
	defer stop()
	show(nethttp.Get(url + "/hello/Ada"))
	show(nethttp.Post(url+"/upper", "text/plain", strings.NewReader("grace")))
	show(nethttp.Get(url + "/upper"))
	// Output:
	// 200 hello Ada <nil>
	// 200 GRACE <nil>
	// 405 method not allowed
	//  <nil>
}

// What blocks goes to another goroutine, which answers when it is done.
func ExampleExchange_Reply() {
	web := &http.Server{}
	web.Handle("/slow", func(x *http.Exchange) {
		who, reply := string(x.Head().Query()), x.Reply()
		go func() { _ = reply.Send(200, nil, []byte("at last, "+who)) }()
	})
	url, stop := run(web)
	defer stop()
	show(nethttp.Get(url + "/slow?Ada"))
	// Output: 200 at last, Ada <nil>
}

// A long answer is made as fast as the client takes it.
func ExampleStream() {
	web := &http.Server{}
	web.Handle("/numbers", func(x *http.Exchange) {
		st, err := x.Stream(200, http.Fields{http.NewField("Content-Type", "text/plain")})
		if err != nil {
			return
		}
		next := 0
		pour := func() {
			for next < 100_000 {
				if _, err := fmt.Fprintln(st, next); err != nil {
					return // http.ErrFull: pour goes on in OnDrain
				}
				next++
			}
			_ = st.Close()
		}
		st.OnDrain(pour)
		pour()
	})
	url, stop := run(web)
	defer stop()
	res, err := nethttp.Get(url + "/numbers")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	fmt.Println(n, err)
	// Output: 588890 <nil>
}

// A chunked body with a trailer, cut anywhere.
func ExampleBodyDecoder() {
	var heads http.HeadDecoder
	var body http.BodyDecoder
	head, _, err := heads.Decode([]byte("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = body.Begin(head)
	for _, piece := range []string{"5\r\nhel", "lo\r\n6\r\n world\r", "\n0\r\nDigest: x\r\n\r\nGET"} {
		for p := []byte(piece); len(p) > 0 && !body.Done(); {
			data, n, err := body.Decode(p)
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Printf("%s", data)
			p = p[n:]
		}
	}
	fmt.Printf(", digest %s\n", body.Trailers().Get("Digest"))
	// Output: hello world, digest x
}
