package http

import (
	"bufio"
	"errors"
	"io"
	nethttp "net/http"
	"strconv"
	"strings"
	"testing"
)

func TestAppendStatusLine(t *testing.T) {
	for status, want := range map[int]string{
		100: "HTTP/1.1 100 Continue\r\n",
		101: "HTTP/1.1 101 Switching Protocols\r\n",
		200: "HTTP/1.1 200 OK\r\n",
		299: "HTTP/1.1 299 \r\n",
		599: "HTTP/1.1 599 \r\n",
	} {
		if out, err := AppendStatusLine([]byte("-"), status); string(out) != "-"+want || err != nil {
			t.Errorf("%d: %q, %v", status, out, err)
		}
	}
	for _, status := range []int{-200, 0, 99, 600, 1000} {
		if out, err := AppendStatusLine([]byte("-"), status); string(out) != "-" || err != ErrStatus {
			t.Errorf("%d: %q, %v", status, out, err)
		}
	}
}

func TestStatusText(t *testing.T) {
	newer := map[int]string{413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}
	withdrawn := map[int]bool{418: true, 510: true}
	for status := -1; status < 700; status++ {
		want := nethttp.StatusText(status)
		if text, ok := newer[status]; ok {
			want = text // RFC 9110 has renamed these
		}
		if withdrawn[status] {
			want = ""
		}
		if got := StatusText(status); got != want {
			t.Errorf("%d: %q, want %q", status, got, want)
		}
	}
}

func TestAppendField(t *testing.T) {
	for _, f := range [][2]string{{"A", ""}, {"a-B", "c d"}, {"A", "\tb\xff"}, {"A", strings.Repeat("long", 100)}} {
		if out, err := AppendField([]byte("-"), f[0], f[1]); string(out) != "-"+f[0]+": "+f[1]+"\r\n" || err != nil {
			t.Errorf("%q: %q, %v", f, out, err)
		}
	}
	for _, f := range [][2]string{
		{"", "a"}, {"A:", "b"}, {"A b", "c"}, {"A\r\nB", "c"}, {"Ä", "b"},
		{"A", "b\r\nC: d"}, {"A", "\r"}, {"A", "b\n"}, {"A", "\x00"}, {"A", "0123456789\x7f"}, {"A", "\x1b[0m"},
	} {
		if out, err := AppendField([]byte("-"), f[0], f[1]); string(out) != "-" || err != ErrField {
			t.Errorf("%q: %q, %v", f, out, err)
		}
	}
}

func TestFieldsAppend(t *testing.T) {
	good := Fields{NewField("A", "b"), NewField("A", "c")}
	if out, err := good.Append([]byte("-")); string(out) != "-A: b\r\nA: c\r\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	bad := Fields{NewField("A", "b"), NewField("A", "\n")}
	if out, err := bad.Append([]byte("-")); string(out) != "-" || err != ErrField {
		t.Errorf("%q, %v", out, err)
	}
}

func TestAppendRefusal(t *testing.T) {
	get, head := &Head{Method: []byte("GET")}, &Head{Method: []byte("HEAD")}
	for _, test := range []struct {
		name   string
		to     *Head
		status int
		extra  Fields
		body   string
		want   string
		err    error
	}{
		{"plain", get, 403, nil, "no\n",
			"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n", nil},
		{"unread", nil, 400, nil, "",
			"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", nil},
		{"HEAD", head, 403, nil, "no\n",
			"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\nConnection: close\r\n\r\n", nil},
		{"a type of its own", get, 401, Fields{NewField("WWW-Authenticate", "Bearer"), NewField("content-type", "application/json")}, "{}",
			"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\ncontent-type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", nil},
		{"upgrade", get, 426, Fields{NewField("Upgrade", "websocket")}, "",
			"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 0\r\nConnection: close, Upgrade\r\n\r\n", nil},
		{"redirect", get, 307, Fields{NewField("Location", "/b")}, "",
			"HTTP/1.1 307 Temporary Redirect\r\nLocation: /b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", nil},
		{"switching", get, 101, nil, "", "", ErrStatus},
		{"success", get, 200, nil, "", "", ErrStatus},
		{"not modified", get, 304, nil, "", "", ErrStatus},
		{"no status", get, 0, nil, "", "", ErrStatus},
		{"too high", get, 600, nil, "", "", ErrStatus},
		{"split", get, 403, Fields{NewField("A", "b\r\n\r\n<script>")}, "", "", ErrField},
		{"length", get, 403, Fields{NewField("content-length", "5")}, "", "", ErrReservedField},
		{"coding", get, 403, Fields{NewField("Transfer-Encoding", "chunked")}, "", "", ErrReservedField},
		{"connection", get, 403, Fields{{Name: []byte("Connection")}}, "", "", ErrReservedField},
	} {
		out, err := AppendRefusal([]byte("-"), test.to, test.status, test.extra, test.body)
		if string(out) != "-"+test.want || err != test.err {
			t.Errorf("%s: %q, %v", test.name, out, err)
		}
	}
}

// Every refusal of this package can be sent, and net/http reads it as what it says.
func TestRefusals(t *testing.T) {
	seen := map[*Refusal]bool{}
	for _, test := range refused {
		r := test.err.(*Refusal)
		if seen[r] {
			continue
		}
		seen[r] = true
		for _, method := range []string{"GET", "HEAD"} {
			out, err := r.Append(nil, &Head{Method: []byte(method)})
			if err != nil {
				t.Fatalf("%v: %v", r, err)
			}
			res, err := nethttp.ReadResponse(bufio.NewReader(strings.NewReader(string(out))), &nethttp.Request{Method: method})
			if err != nil {
				t.Fatalf("%v: %v", r, err)
			}
			body, err := io.ReadAll(res.Body)
			if res.StatusCode != r.Status() || !res.Close || err != nil || (len(body) > 0) != (method == "GET") {
				t.Errorf("%v to %s: %v, close %v, body %q, %v", r, method, res.Status, res.Close, body, err)
			}
		}
		if !strings.Contains(r.Error(), strconv.Itoa(r.Status())) {
			t.Errorf("%q does not name the status", r.Error())
		}
	}
}

func TestStatuses(t *testing.T) {
	for status, refusals := range map[int][]*Refusal{
		400: {ErrRequestLine, ErrMethod, ErrTarget, ErrBareLF, ErrBareCR, ErrFold, ErrFieldLine, ErrFieldName, ErrFieldValue,
			ErrHostMissing, ErrHostDoubled, ErrHost, ErrContentLength, ErrTransferEncoding, ErrFraming},
		414: {ErrTargetTooLong},
		431: {ErrTooManyFields, ErrHeadTooLarge},
		501: {ErrMethodTooLong, ErrTransferCoding},
		505: {ErrVersion},
	} {
		for _, r := range refusals {
			if r.Status() != status {
				t.Errorf("%v: want %d", r, status)
			}
		}
	}
}

func TestRefusalsCompare(t *testing.T) {
	_, _, err := new(HeadDecoder).Decode([]byte("GET / HTTP/2.0\r\n"))
	var r *Refusal
	if !errors.Is(err, ErrVersion) || !errors.As(err, &r) || r.Status() != 505 {
		t.Errorf("%v is not ErrVersion with its status", err)
	}
	if out, err := NewRefusal(200, "fine").Append(nil, nil); out != nil || err != ErrStatus {
		t.Errorf("a refusal with 200: %q, %v", out, err)
	}
}

func TestAppendingDoesNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 1024)
	extra := Fields{NewField("A", "b")}
	n := testing.AllocsPerRun(100, func() {
		out, err := AppendRefusal(buf, nil, 403, extra, "no\n")
		if err != nil {
			t.Error(err)
		}
		if _, err = AppendField(out, "C", "d"); err != nil {
			t.Error(err)
		}
		if _, err = ErrHost.Append(buf, nil); err != nil {
			t.Error(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
