//go:build linux

package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"fanloop/hub"
	"fanloop/internal/peers"
)

// call is a request to the back end that waits for the test to answer it.
type call struct {
	cookie, body string
	answer       chan func() (*http.Response, error)
}

// asking is a Door whose back end is the test.
func asking(calls chan call) *Door {
	return &Door{Backend: &Backend{
		URL: "http://backend.example", Timeout: time.Hour, CacheTime: -1,
		Client: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(r.Body)
			c := call{r.Header.Get("Cookie"), string(body), make(chan func() (*http.Response, error), 1)}
			calls <- c
			select {
			case answer := <-c.answer:
				return answer()
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})},
	}}
}

func (c call) says(status int, body string) {
	c.answer <- func() (*http.Response, error) { return says(status, body), nil }
}

func (c call) fails(err error) { c.answer <- func() (*http.Response, error) { return nil, err } }

// The back end says who it is; until then nothing that the client says is read, and nothing is lost of it.
func TestDoorAsksBackend(t *testing.T) {
	for _, loops := range []int{1, 2} {
		calls := make(chan call, 1)
		w := open(t, asking(calls), loops)
		p := peers.OpenPageWith(t, w.address, "/ws?room=7", "Cookie: session=1", "Cookie: x=2", "Origin: http://fanloop.test")
		p.Say("early")
		p.Say(`{"token":"is not one here"}`)
		c := <-calls
		want := `{"path":"/ws","query":"room=7","host":"fanloop.test","origin":"http://fanloop.test","address":"127.0.0.1"}`
		if c.cookie != "session=1; x=2" || c.body != want {
			t.Errorf("asked %q %s", c.cookie, c.body)
		}
		w.silent()
		c.says(200, fmt.Sprintf(`{"uid":"u1","groups":["staff"],"expires":%d}`, noon.Unix()+60))
		w.expect("OnConnect u1")
		w.expect("OnMessage u1 early")
		w.expect(`OnMessage u1 {"token":"is not one here"}`)

		listening := make(chan *peers.Events, 1)
		go func() { listening <- peers.Listen(t, w.address, "/events", "Cookie: session=1") }()
		(<-calls).says(200, `{"uid":"u1","groups":["staff"]}`)
		e := <-listening
		w.expect("OnConnect u1")
		w.until("not bound", func() bool { return w.hub.Stats().Bound == 2 })
		if w.push(hub.Group("staff"), "hello") != 2 || p.Next() != "hello" || e.Next() != "hello" {
			t.Error("not bound as the back end says")
		}
		w.clock.set(noon.Add(time.Minute))
		if code, _ := p.Ended(); code != CodeExpired {
			t.Error(code)
		}
		w.expect("OnClose u1")
		e.Close()
		w.expect("OnClose u1")
		if s := w.door.Stats(); s != (DoorStats{Admitted: 2, Expired: 1}) {
			t.Errorf("%+v", s)
		}
	}
}

// A back end that refuses, is slow, wrong, absent or overrun: a page is told by a code that says whether to come back, a request by a
// status.
func TestDoorBackendFails(t *testing.T) {
	timeout := context.DeadlineExceeded
	for name, tt := range map[string]struct {
		answer       func(c call)
		code, status int
		reason       string
		stats        DoorStats
	}{
		"refuses":       {func(c call) { c.says(403, "") }, 1008, 403, "the back end refuses", DoorStats{Refused: 2}},
		"knows nobody":  {func(c call) { c.says(401, "") }, 1008, 403, "the back end refuses", DoorStats{Refused: 2}},
		"slow":          {func(c call) { c.fails(timeout) }, 1013, 504, "the back end is too slow", DoorStats{Unanswered: 2}},
		"absent":        {func(c call) { c.fails(errors.New("refused")) }, 1013, 503, "the back end cannot be reached", DoorStats{Unanswered: 2}},
		"broken":        {func(c call) { c.says(500, "") }, 1013, 502, "the back end's answer is wrong", DoorStats{Unanswered: 2}},
		"talks rubbish": {func(c call) { c.says(200, "<br>") }, 1013, 502, "the back end's answer is wrong", DoorStats{Unanswered: 2}},
		"knows no uid":  {func(c call) { c.says(200, `{"uid":""}`) }, 1013, 502, "the back end's answer is wrong", DoorStats{Unanswered: 2}},
	} {
		calls := make(chan call, 1)
		w := open(t, asking(calls), 1)
		p := peers.OpenPageAt(t, w.address, "/ws")
		p.Say("unread")
		tt.answer(<-calls)
		if code, reason := p.Ended(); code != tt.code || reason != tt.reason {
			t.Errorf("%s: %d %s", name, code, reason)
		}
		done := make(chan bool)
		go func() { tt.answer(<-calls); close(done) }()
		answer, body := w.knock("/events")
		<-done
		if answer.StatusCode != tt.status || body != tt.reason+"\n" || answer.Header.Get("WWW-Authenticate") != "" {
			t.Errorf("%s: %s %q", name, answer.Status, body)
		}
		w.silent()
		if s := w.door.Stats(); s != tt.stats {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// Whoever goes while the back end is asked is forgotten, and so are those whom the end of the server meets there.
func TestDoorBackendTooLate(t *testing.T) {
	calls := make(chan call, 3)
	w := open(t, asking(calls), 1)
	gone := peers.OpenPageWith(t, w.address, "/ws", "Cookie: gone=1")
	c := <-calls
	gone.Hangup()
	w.until("still there", func() bool { return w.Stats().Connections == 0 })
	c.says(200, `{"uid":"u1"}`)
	peers.OpenPageWith(t, w.address, "/ws", "Cookie: stays=1")
	<-calls // never answered
	w.silent()
}

// Two Authorization fields cannot both be meant.
func TestDoorBackendAmbiguous(t *testing.T) {
	w := open(t, asking(make(chan call, 1)), 1)
	for _, path := range []string{"/ws", "/events"} {
		if answer, body := w.knock(path, "Authorization: Basic YTpi", "Authorization: Basic YTpj"); answer.StatusCode != 400 || !strings.Contains(body, "more than one") {
			t.Error(answer.Status, body)
		}
	}
}
