//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// A stream listens to Server-Sent Events.
type stream struct {
	conn net.Conn
	in   *bufio.Reader // of the body
}

func (s *soak) openStream(ctx context.Context, d door, target string) (*stream, error) {
	conn, err := s.dial(ctx, d, false)
	if err != nil {
		return nil, err
	}
	return hearStream(conn, target)
}

// hearStream asks for the stream on a connection, and closes it when that fails.
func hearStream(conn net.Conn, target string) (_ *stream, err error) {
	_ = conn.SetDeadline(time.Now().Add(patience))
	var answer *http.Response
	if _, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target); err == nil {
		answer, err = http.ReadResponse(bufio.NewReader(conn), nil)
	}
	if err == nil && (answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream") {
		err = &violation{fmt.Errorf("event stream: %s, %s", answer.Status, answer.Header.Get("Content-Type"))}
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return &stream{conn: conn, in: bufio.NewReader(answer.Body)}, nil
}

func (p *stream) say(string) error { return errMute }
func (p *stream) leave() error     { return p.conn.Close() }
func (p *stream) polite() bool     { return false }
func (p *stream) cut()             { reset(p.conn) }
func (p *stream) close()           { _ = p.conn.Close() }

// next reads an event. The body ends as HTTP has it, or that is an error.
func (p *stream) next() ([]byte, *ending, error) {
	var data []string
	kind := ""
	for {
		line, err := p.in.ReadString('\n')
		if err == io.EOF && line == "" && data == nil {
			return nil, &ending{}, nil
		}
		if err != nil {
			return nil, nil, err
		}
		line = strings.TrimSuffix(line, "\n")
		switch name, value, _ := strings.Cut(line, ":"); name {
		case "event":
			kind = strings.TrimPrefix(value, " ")
		case "data":
			data = append(data, strings.TrimPrefix(value, " "))
		}
		if line != "" || data == nil {
			continue
		}
		text := strings.Join(data, "\n")
		if kind != "goodbye" {
			return []byte(text), nil, nil
		}
		var said struct{ Code int }
		if err := json.Unmarshal([]byte(text), &said); err != nil {
			return nil, nil, &violation{fmt.Errorf("goodbye: %w: %.80q", err, text)}
		}
		if rest, err := io.ReadAll(p.in); err != nil || len(rest) > 0 {
			return nil, nil, fmt.Errorf("behind the goodbye: %w, %.80q", err, rest)
		}
		return nil, &ending{said.Code}, nil
	}
}
