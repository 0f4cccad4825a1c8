//go:build linux

package http_test

import (
	"context"
	"fmt"
	"io"
	nethttp "net/http"

	"fanloop/codec/http"
	"fanloop/engine"
)

// A hub reaches the same stream through c.Ref().
func ExampleEvents() {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())
	server := &http.Server{}
	server.Upgrade("/events/{room}", &http.Events{
		OnConnect: func(c *http.EventStream, x *http.Exchange) {
			_ = c.Send([]byte("welcome to " + x.PathValue("room")))
			_ = c.SendEvent(&http.Event{Type: "progress", ID: "1", Data: []byte(`{"percent":70}`)})
			c.Close()
		},
	})
	ln, err := eng.Listen("127.0.0.1:0", server)
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := nethttp.Get("http://" + ln.Addr().String() + "/events/lobby")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	fmt.Printf("%s\n%s", res.Header.Get("Content-Type"), body)
	// Output:
	// text/event-stream
	// data: welcome to lobby
	//
	// event: progress
	// id: 1
	// data: {"percent":70}
}
