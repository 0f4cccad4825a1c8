//go:build linux

package client

import (
	"errors"
	"strings"
	"testing"

	"fanloop/bench/servers/job"
	"fanloop/internal/cut"
)

func plaintext(date string) string {
	return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDATE: " + date + "\r\nContent-Length: 13\r\n\r\n" + job.Plaintext
}

// TestHTTPAnswers gives a connection that waits for three answers a stream and looks at what was counted.
func TestHTTPAnswers(t *testing.T) {
	one, two := plaintext("Thu, 01 Jan 1970 00:00:00 GMT"), plaintext("Thu, 01 Jan 1970 00:00:01 GMT")
	undated := strings.Replace(one, "DATE", "X", 1)
	for _, test := range []struct {
		name, stream        string
		received, misplaced int64
		err                 error
	}{
		{"the same", one + one + one, 3, 0, nil},
		{"another time", one + two + one, 3, 0, nil},
		{"other fields", one + undated + two, 3, 0, nil},
		{"shorter", one + strings.Replace(one, "text/plain", "a/b", 1) + one, 3, 0, nil},
		{"too few", one + one, 2, 0, nil},
		{"too many", one + one + one + one, 3, 1, nil},
		{"another body", one + strings.Replace(one, "World", "world", 1), 1, 0, errAnswered},
		{"another status", strings.Replace(one, "200 OK", "404 OK", 1), 0, 0, errAnswered},
		{"another length", one + strings.Replace(one, ": 13", ": 14", 1), 1, 0, errAnswered},
		{"no length", strings.Replace(one, "Content-Length", "Length", 1), 0, 0, errAnswered},
	} {
		t.Run(test.name, func(t *testing.T) {
			cut.Every(t, []byte(test.stream), func(t *testing.T, pieces [][]byte) {
				l := newTestLoad()
				newRequests(&measurement{load: l})
				c := &conn{state: open, owed: 3}
				var err error
				for _, p := range pieces {
					if err == nil {
						err = l.feed(c, p, 2_000)
					}
				}
				if l.received != test.received || l.misplaced > 0 != (test.misplaced > 0) || !errors.Is(err, test.err) {
					t.Errorf("received %d, misplaced %d, %v", l.received, l.misplaced, err)
				}
			})
		})
	}
}
