package http_test

import (
	"fmt"
	"time"

	"fanloop/codec/http"
)

func ExampleAppendEvent() {
	out, err := http.AppendEvent(nil, &http.Event{
		Type:  "progress",
		ID:    "42",
		Retry: 2 * time.Second,
		Data:  []byte("percent 70\nstill going"),
	})
	fmt.Printf("%s%v\n", out, err)

	_, err = http.AppendEvent(nil, &http.Event{ID: "4\n2"})
	fmt.Println(err)
	// Output:
	// event: progress
	// id: 42
	// retry: 2000
	// data: percent 70
	// data: still going
	//
	// <nil>
	// http: ID of an event cannot be sent
}
