//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// Everything that has a length can be sent too long.
func TestAttackOversized(t *testing.T) {
	const limit = 2 << 10
	small := fmt.Sprint(limit)
	d := startSite(t, "-max-message", small, "-max-body", small, "-max-push", small, "-max-line", "4096", "-max-targets", "10", "-max-name", "100", "-max-groups", "2", "-bind-timeout", "off")
	long := func(n int) string { return strings.Repeat("x", n) }
	others := d.bystanders()
	request := func(text string) func(net.Conn) string {
		return func(c net.Conn) string {
			_, _ = io.WriteString(c, text) // it may be refused before its end
			head, _ := bufio.NewReader(c).ReadString('\n')
			return head
		}
	}
	page := func(frames ...ws.Frame) func(net.Conn) string {
		return func(c net.Conn) string {
			if err := upgrade(c); err != nil {
				return err.Error()
			}
			for _, f := range frames {
				_, _ = c.Write(ws.MustCompileFrame(ws.MaskFrame(f)))
			}
			return closeCode(c)
		}
	}
	line := func(text string) func(net.Conn) string {
		return func(c net.Conn) string {
			_, _ = io.WriteString(c, text+"\n")
			answer, _ := bufio.NewReader(c).ReadString('\n')
			return answer
		}
	}
	json := "Host: localhost\r\nContent-Type: application/json\r\n"
	huge := ws.Header{Fin: true, OpCode: ws.OpText, Masked: true, Length: 1<<63 - 1}
	for _, test := range []struct {
		name, address, want string
		one                 func(net.Conn) string
	}{
		{"target", d.http, " 414 ", request("GET /" + long(9<<10) + " HTTP/1.1\r\nHost: a\r\n\r\n")},
		{"field line", d.http, " 431 ", request("GET / HTTP/1.1\r\nHost: a\r\nX: " + long(20<<10) + "\r\n\r\n")},
		{"many field lines", d.http, " 431 ", request("GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("X: y\r\n", 200) + "\r\n")},
		{"body, announced", d.http, " 413 ", request("POST /push HTTP/1.1\r\n" + json + "Content-Length: 9999999999\r\n\r\n")},
		{"body, in chunks", d.http, " 413 ", request("POST /push HTTP/1.1\r\n" + json + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1\r\nx\r\n", limit+1))},
		{"chunk, announced", d.http, " 413 ", request("POST /push HTTP/1.1\r\n" + json + "Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n")},
		{"chunk, beyond 64 bits", d.http, " 400 ", request("POST /push HTTP/1.1\r\n" + json + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n")},
		{"handshake", d.websocket, " 431 ", request("GET / HTTP/1.1\r\nHost: a\r\nX: " + long(20<<10) + "\r\n\r\n")},
		{"message", d.websocket, "1009", page(ws.NewTextFrame([]byte(long(limit + 1))))},
		{"message, announced", d.websocket, "1009", func(c net.Conn) string {
			if err := upgrade(c); err != nil {
				return err.Error()
			}
			_ = ws.WriteHeader(c, huge)
			return closeCode(c)
		}},
		{"uid", d.websocket, "1008", page(ws.NewTextFrame([]byte(long(101))))},
		{"line", d.text, "error: line too long", line(long(5000))},
		{"push", d.text, "fail", line(`{"all":true,"x":"` + long(limit) + `"}`)},
		{"name", d.text, "fail", line(`{"uid":"` + long(101) + `"}`)},
		{"names", d.text, "fail", line(`{"$cmd":"push","uid":["` + long(1) + strings.Repeat(`","x`, 10) + `"],"data":1}`)},
	} {
		t.Run(test.name, func(t *testing.T) { others.attack(test.want, test.address, test.one) })
	}
}
