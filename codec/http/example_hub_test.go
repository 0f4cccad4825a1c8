//go:build linux

package http_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	nethttp "net/http"
	"strings"

	"fanloop/codec/http"
	"fanloop/engine"
	"fanloop/hub"
)

// A page that listens to events is reached like one with a WebSocket.
func ExampleEventStream_Ref() {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())
	h := hub.New(eng.Loops(), hub.Options{})
	server := &http.Server{}
	server.Upgrade("/events/{uid}", &http.Events{OnConnect: func(c *http.EventStream, x *http.Exchange) {
		ref, uid := c.Ref(), x.PathValue("uid")
		h.Do(c.Loop(), func(home *hub.Home) { _ = home.Bind(ref, uid) })
	}})
	server.Handle("POST /push/{uid}", func(x *http.Exchange) {
		m, uid := hub.Text(x.Body()), x.PathValue("uid")
		h.Do(x.Loop(), func(home *hub.Home) {
			home.Push(hub.UID(uid), m, func(v hub.Verdict) { _ = x.Respond(200, nil, fmt.Appendf(nil, "taken by %d", v.Taken)) })
		})
	})
	ln, err := eng.Listen("127.0.0.1:0", server)
	if err != nil {
		fmt.Println(err)
		return
	}
	base := "http://" + ln.Addr().String()
	page, err := nethttp.Get(base + "/events/ada") // a browser: new EventSource("/events/ada")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer page.Body.Close()
	pushed, err := nethttp.Post(base+"/push/ada", "text/plain", strings.NewReader(`{"percent":70}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pushed.Body.Close()
	verdict, _ := io.ReadAll(pushed.Body)
	line, _ := bufio.NewReader(page.Body).ReadString('\n')
	fmt.Printf("%s\n%s", verdict, line)
	// Output:
	// taken by 1
	// data: {"percent":70}
}
