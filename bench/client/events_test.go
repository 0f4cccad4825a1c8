//go:build linux

package client

import (
	"errors"
	"fmt"
	"testing"

	"fanloop/internal/cut"
)

// event is a server's, with a message to everybody.
func event(seq uint32) string {
	m := newMessage(forAll, 128)
	stamp(m, seq, 1_000)
	return "data: " + string(m) + "\n\n"
}

func chunkOf(data string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(data), data) }

const eventsHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

func TestEvents(t *testing.T) {
	one := event(1)
	for _, test := range []struct {
		name, stream        string
		received, misplaced int64
		err                 error
	}{
		{"an event a chunk", eventsHead + chunkOf(one) + chunkOf(event(2)), 2, 0, nil},
		{"two in a chunk", eventsHead + chunkOf(one+event(2)) + chunkOf(event(3)), 3, 0, nil},
		{"one in three chunks", eventsHead + chunkOf(one[:3]) + chunkOf(one[3:len(one)-1]) + chunkOf(one[len(one)-1:]), 1, 0, nil},
		{"with other lines", eventsHead + chunkOf(": hello\n\nretry: 5\n\n") + chunkOf("id: 7\nevent: x\n"+one), 1, 0, nil},
		{"one missing", eventsHead + chunkOf(one) + chunkOf(event(3)), 1, 1, nil},
		{"the end", eventsHead + chunkOf(one) + "0\r\n\r\n", 1, 0, errStreamEnd},
		{"no chunk", eventsHead + "x\r\n", 0, 0, errChunk},
		{"not ended", eventsHead + "1\r\naaa", 0, 0, errChunk},
		{"too long", eventsHead + "123456789\r\n", 0, 0, errChunk},
		{"another type", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 0, errRefused},
		{"another status", "HTTP/1.1 404 Not Found\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 0, errRefused},
	} {
		for _, size := range []int{128, 200} { // the events have the size that the job says, or not
			t.Run(test.name, func(t *testing.T) {
				cut.Every(t, []byte(test.stream), func(t *testing.T, pieces [][]byte) {
					l := newTestLoad()
					l.job.Size = size
					l.pages = protocolOf(&Job{Scenario: Step, Events: true})
					c := &conn{state: upgrading, next: 1}
					var err error
					for _, p := range pieces {
						if err == nil {
							err = l.feed(c, p, 2_000)
						}
					}
					if l.received != test.received || l.misplaced != test.misplaced || !errors.Is(err, test.err) {
						t.Errorf("received %d, misplaced %d, %v", l.received, l.misplaced, err)
					}
				})
			})
		}
	}
}
