//go:build linux

package hubapi_test

import (
	"context"
	"fmt"
	"io"
	nethttp "net/http"
	"strings"

	"fanloop/codec/http"
	"fanloop/engine"
	"fanloop/hub"
	"fanloop/hubapi"
)

// A hub that back ends ask over HTTP.
func ExampleAPI() {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())
	api := &hubapi.API{Hub: hub.New(eng.Loops(), hub.Options{})}
	web := &http.Server{MaxBody: 5 << 20}
	api.Register(web, "/api")
	ln, err := eng.Listen("127.0.0.1:0", web)
	if err != nil {
		fmt.Println(err)
		return
	}

	defer nethttp.DefaultClient.CloseIdleConnections()
	res, err := nethttp.Post("http://"+ln.Addr().String()+"/api/push", "application/json", strings.NewReader(`{"uid":"anna","percent":88}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	fmt.Println(res.StatusCode, string(body), err)
	// Output: 404 {"title":"Not Found","status":404,"detail":"nobody there","taken":0,"refused":0}
	//  <nil>
}
