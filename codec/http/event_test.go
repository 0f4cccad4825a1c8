package http

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http/httputil"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// got is an event as a client hands it out.
type got struct{ kind, data, lastID string }

// eventSource reads a stream by the letter of WHATWG HTML 9.2.5 and 9.2.6.
type eventSource struct {
	events []got
	retry  string

	idBuffer, lastID string
	kind, data       string
}

func (s *eventSource) read(stream []byte) {
	text := strings.TrimPrefix(strings.ToValidUTF8(string(stream), "\uFFFD"), "\uFEFF")
	for len(text) > 0 {
		end := strings.IndexAny(text, "\r\n")
		if end < 0 {
			return // a line without its end is discarded
		}
		line, rest := text[:end], text[end+1:]
		if text[end] == '\r' {
			rest = strings.TrimPrefix(rest, "\n")
		}
		s.line(line)
		text = rest
	}
}

func (s *eventSource) line(line string) {
	if line == "" {
		s.dispatch()
		return
	}
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	switch name {
	case "event":
		s.kind = value
	case "data":
		s.data += value + "\n"
	case "id":
		if !strings.Contains(value, "\x00") {
			s.idBuffer = value
		}
	case "retry":
		if _, err := strconv.ParseUint(value, 10, 63); err == nil {
			s.retry = value
		}
	}
}

func (s *eventSource) dispatch() {
	s.lastID = s.idBuffer
	kind, data := s.kind, s.data
	s.kind, s.data = "", ""
	if data == "" {
		return
	}
	if kind == "" {
		kind = "message"
	}
	s.events = append(s.events, got{kind, strings.TrimSuffix(data, "\n"), s.lastID})
}

func TestAppendEvent(t *testing.T) {
	for _, test := range []struct {
		event Event
		want  string
		got   []got
	}{
		{Event{Data: []byte("hi")}, "data: hi\n\n", []got{{"message", "hi", "0"}}},
		{Event{Data: []byte{}}, "data: \n\n", []got{{"message", "", "0"}}},
		{Event{Data: []byte(" hi ")}, "data:  hi \n\n", []got{{"message", " hi ", "0"}}},
		{Event{Data: []byte("a\nb\r\nc\rd")}, "data: a\ndata: b\ndata: c\ndata: d\n\n", []got{{"message", "a\nb\nc\nd", "0"}}},
		{Event{Data: []byte("\n\r\r\n\n\r")}, strings.Repeat("data: \n", 6) + "\n", []got{{"message", "\n\n\n\n\n", "0"}}},
		{Event{Data: []byte("a\x00b: c")}, "data: a\x00b: c\n\n", []got{{"message", "a\x00b: c", "0"}}},
		{Event{Data: []byte("x"), Type: " new: 新", ID: " 7:8"}, "event:  new: 新\nid:  7:8\ndata: x\n\n", []got{{" new: 新", "x", " 7:8"}}},
		{Event{Data: []byte("x"), ResetID: true}, "id\ndata: x\n\n", []got{{"message", "x", ""}}},
		{Event{ID: "9"}, "id: 9\n\n", nil},
		{Event{Retry: 1500*time.Millisecond + 1}, "retry: 1501\n\n", nil},
		{Event{Retry: 1}, "retry: 1\n\n", nil},
		{Event{}, "\n", nil},
	} {
		out, err := AppendEvent([]byte("x"), &test.event)
		if err != nil || string(out) != "x"+test.want {
			t.Errorf("%+v: %q, %v", test.event, out, err)
			continue
		}
		s := eventSource{idBuffer: "0"}
		s.read(out[1:])
		if !reflect.DeepEqual(s.events, test.got) {
			t.Errorf("%q: %q, want %q", out, s.events, test.got)
		}
	}
}

func TestAppendEventRefused(t *testing.T) {
	for _, test := range []struct {
		event Event
		want  error
	}{
		{Event{Type: "a\nb"}, ErrEventType},
		{Event{Type: "a\r"}, ErrEventType},
		{Event{Type: "\xff"}, ErrEventText},
		{Event{ID: "a\nb"}, ErrEventID},
		{Event{ID: "\r"}, ErrEventID},
		{Event{ID: "a\x00"}, ErrEventID},
		{Event{ID: "\xff"}, ErrEventText},
		{Event{ID: "7", ResetID: true}, ErrEventID},
		{Event{Retry: -1}, ErrEventRetry},
		{Event{Data: []byte("a\xc3")}, ErrEventText},
	} {
		if out, err := AppendEvent([]byte("x"), &test.event); err != test.want || string(out) != "x" {
			t.Errorf("%+v: %q, %v", test.event, out, err)
		}
	}
}

func TestAppendComment(t *testing.T) {
	for text, want := range map[string]string{
		"":              ": \n\n",
		"ping":          ": ping\n\n",
		"a\ndata: b\rc": ": a\n: data: b\n: c\n\n",
	} {
		out, err := AppendComment(nil, text)
		if err != nil || string(out) != want {
			t.Errorf("%q: %q, %v", text, out, err)
		}
		var s eventSource
		s.read(out)
		if len(s.events) > 0 {
			t.Errorf("%q: %q", out, s.events)
		}
	}
	if out, err := AppendComment(nil, "\xff"); !errors.Is(err, ErrEventText) || out != nil {
		t.Errorf("%q, %v", out, err)
	}
}

func TestEventChunk(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9, 200, 70_000} {
		data := bytes.Repeat([]byte("a"), n)
		chunk := eventChunk([]byte("x"), data)[1:]
		if want := fmt.Sprintf("%x\r\ndata: %s\n\n\r\n", n+8, data); string(chunk) != want {
			t.Errorf("%d bytes: %.40q", n, chunk)
		}
	}
	if eventChunk(nil, []byte("\xff")) != nil {
		t.Error("what is not UTF-8 is taken")
	}
}

func TestEventChunkAllocatesNothing(t *testing.T) {
	data, dst := []byte("a\nb\r\nc"), make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() { dst = eventChunk(dst[:0], data) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	event := Event{Type: "t", ID: "1", Data: data}
	if n := testing.AllocsPerRun(100, func() { dst, _ = AppendEvent(dst[:0], &event) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzEvent: what can be sent arrives as it was, but for line ends, whatever comes before and after; and as a chunk too.
func FuzzEvent(f *testing.F) {
	f.Add("", "", []byte("hello"), false, 0)
	f.Add("add", "7", []byte("a\nb\r\nc\r"), false, 1500)
	f.Add(" x", "", []byte(" : data: \n\n"), true, 1)
	f.Add("\uFEFF", "\uFEFF", []byte("\uFEFF"), false, 0)
	f.Fuzz(func(t *testing.T, kind, id string, data []byte, reset bool, retry int) {
		retry %= 1 << 30
		e := Event{Type: kind, ID: id, Data: data, ResetID: reset, Retry: time.Duration(retry) * time.Millisecond}
		before, _ := AppendEvent(nil, &Event{ID: "before", Type: "t", Data: []byte("1")})
		out, err := AppendEvent(before, &e)
		if err != nil {
			if !bytes.Equal(out, before) {
				t.Fatal("something was appended")
			}
			return
		}
		out, _ = AppendComment(out, id)
		out, _ = AppendEvent(out, &Event{Data: []byte("last")})
		lastID := id
		if id == "" && !reset {
			lastID = "before"
		}
		if kind == "" {
			kind = "message"
		}
		want := []got{{"t", "1", "before"}, {kind, strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data)), lastID}, {"message", "last", lastID}}
		if data == nil {
			want = []got{want[0], want[2]}
		}
		var s eventSource
		s.read(out)
		if !reflect.DeepEqual(s.events, want) {
			t.Fatalf("%q: %q, want %q", out, s.events, want)
		}
		if retry > 0 && s.retry != strconv.Itoa(retry) {
			t.Fatalf("retry is %q, want %d", s.retry, retry)
		}
		if !utf8.Valid(data) {
			t.Fatal("not UTF-8")
		}
		chunk := append(eventChunk(nil, data), "0\r\n\r\n"...)
		body, err := io.ReadAll(httputil.NewChunkedReader(bufio.NewReader(bytes.NewReader(chunk))))
		if err != nil || !bytes.Equal(body, appendMessage(nil, data)) {
			t.Fatalf("%q: %q, %v", chunk, body, err)
		}
	})
}
