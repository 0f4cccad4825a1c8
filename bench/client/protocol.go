//go:build linux

package client

import "bytes"

// A protocol is how pages, or clients that send requests, speak to the server.
type protocol struct {
	address  string
	hello    func(c *conn) []byte   // what opens a connection; nil: nothing
	welcomed func(head []byte) bool // whether the head of the answer to hello is right
	saysUID  bool                   // the first message is the uid
	take     func(l *load, c *conn, p []byte, now int64) (used int, err error)
}

func protocolOf(job *Job) protocol {
	switch {
	case job.Scenario == HTTP:
		return protocol{address: job.HTTP} // runHTTP sets take
	case job.Events:
		return eventsOf(job.HTTP)
	}
	hello := handshake(job.WebSocket)
	return protocol{
		address: job.WebSocket, hello: func(*conn) []byte { return hello }, welcomed: upgraded, saysUID: job.Scenario != Echo, take: (*load).frames,
	}
}

func upgraded(head []byte) bool {
	return bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) && bytes.Contains(head, []byte(acceptKey))
}
