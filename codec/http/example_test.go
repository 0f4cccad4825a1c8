package http_test

import (
	"fmt"

	"fanloop/codec/http"
)

// A stream that comes in two pieces, with two requests in it.
func ExampleHeadDecoder() {
	var d http.HeadDecoder
	for _, piece := range []string{"GET /a?b=c HTTP/1.1\r\nHo", "st: example.org\r\n\r\nGET /d HTTP/1.0\r\n\r\n"} {
		for p := []byte(piece); len(p) > 0; {
			head, n, err := d.Decode(p)
			if err != nil {
				fmt.Println(err)
				return
			}
			p = p[n:]
			if head != nil {
				fmt.Printf("%s: path %s, query %q, host %q\n", head.Method, head.Path(), head.Query(), head.Host())
			}
		}
	}
	// Output:
	// GET: path /a, query "b=c", host "example.org"
	// GET: path /d, query "", host ""
}

// What is refused says itself how to answer.
func ExampleRefusal() {
	var d http.HeadDecoder
	head, _, err := d.Decode([]byte("GET / HTTP/1.1\r\nHost : example.org\r\n\r\n"))
	fmt.Println(err == http.ErrFieldName)
	answer, _ := err.(*http.Refusal).Append(nil, head)
	fmt.Printf("%q\n", answer[:26])
	// Output:
	// true
	// "HTTP/1.1 400 Bad Request\r\n"
}

// Several lines are one list.
func ExampleFields_HasToken() {
	fields := http.Fields{
		http.NewField("Connection", "keep-alive"),
		http.NewField("connection", "Upgrade, TE"),
	}
	fmt.Println(fields.HasToken("Connection", "upgrade"), fields.HasToken("Connection", "close"))
	// Output: true false
}

// Nothing gets through that would end the line.
func ExampleAppendField() {
	out, err := http.AppendField(nil, "Location", "/b\r\nSet-Cookie: a=b")
	fmt.Println(len(out), err)
	// Output: 0 http: field cannot be sent
}
