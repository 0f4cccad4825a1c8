package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"fanloop/codec/http"
	"fanloop/internal/ambiguous"
	"fanloop/internal/peers"
)

// A witness is a server that tells each client what it was asked, and remembers it.
type witness struct {
	address string
	mu      sync.Mutex
	asked   []string
}

// startWitness serves on a port that the system chooses, until the test ends.
func startWitness(t *testing.T) *witness {
	t.Helper()
	w := new(witness)
	w.address = startSite(t, &http.Server{OnRequest: w.answer})
	return w
}

func (w *witness) answer(x *http.Exchange) {
	head := x.Head()
	asked := fmt.Sprintf("%s %s", head.Method, head.Target)
	if body := x.Body(); len(body) > 0 {
		asked += fmt.Sprintf(" %q", body)
	}
	for _, f := range x.Trailers() {
		asked += fmt.Sprintf(" %s=%s", f.Name, f.Value)
	}
	w.mu.Lock()
	w.asked = append(w.asked, asked)
	w.mu.Unlock()
	_ = x.Respond(200, nil, []byte(asked))
}

// heard is what it was asked since the last call.
func (w *witness) heard() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := strings.Join(w.asked, "; ")
	w.asked = nil
	return asked
}

// say writes bytes to an address, half-closes, and returns the answers until the end: what a witness says for 200, else the status. The error
// is nil when the end came behind a whole answer.
func say(t *testing.T, address, raw string) (string, error) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, peers.Bound)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(peers.Bound))
	go func() { // who is refused early may be hung up on before all has been said
		_, _ = io.WriteString(conn, raw)
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	var answers []string
	for in := bufio.NewReader(conn); ; {
		answer, err := nextAnswer(in)
		if err == io.EOF {
			return strings.Join(answers, "; "), nil
		}
		if err != nil {
			return strings.Join(answers, "; "), err
		}
		answers = append(answers, answer)
	}
}

// nextAnswer reads an answer. The error is io.EOF when there is none.
func nextAnswer(in *bufio.Reader) (string, error) {
	if _, err := in.Peek(1); err != nil {
		return "", err
	}
	response, err := nethttp.ReadResponse(in, nil)
	if err != nil {
		return "", fmt.Errorf("malformed answer: %v", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if response.StatusCode != 200 {
		return fmt.Sprint(response.StatusCode), err
	}
	return string(body), err
}

// TestSmugglingDirect: whatever stands between, if it passes on what it gets, the ambiguous is refused, or read in the one way that the table
// says, however it is cut.
func TestSmugglingDirect(t *testing.T) {
	w := startWitness(t)
	for _, s := range splittings {
		t.Run(s.name, func(t *testing.T) {
			front := startSplitter(t, w.address, s.split)
			for _, test := range ambiguous.Requests {
				if got, err := say(t, front, test.Raw); got != test.Want || err != nil {
					t.Errorf("%s: got %q, %v, want %q\n%q", test.Name, got, err, test.Want, test.Raw)
				}
			}
		})
	}
}

// TestSmugglingBehindNginx: nginx keeps one connection to us for all clients. What it passes on of a request must leave the connection where
// nginx thinks it is: then the next client's request is answered, and nothing else has been asked than the table says.
func TestSmugglingBehindNginx(t *testing.T) {
	for _, buffering := range []string{"on", "off"} {
		t.Run("buffering "+buffering, func(t *testing.T) {
			w := startWitness(t)
			front := startNginx(t, w.address, buffering)
			for _, test := range ambiguous.Requests {
				smuggleBehind(t, w, front, test)
			}
		})
	}
}

func smuggleBehind(t *testing.T, w *witness, front string, test ambiguous.Request) {
	const victim = "GET /victim HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	_, _ = say(t, front, test.Raw) // nginx hangs up on some with a reset
	if got, err := say(t, front, victim); got != "GET /victim" || err != nil {
		t.Errorf("%s: the next client gets %q, %v", test.Name, got, err)
	}
	heard := w.heard()
	if got, ours := strings.CutSuffix(heard, "GET /victim"); !ours || !fits(test, strings.TrimSuffix(got, "; ")) {
		t.Errorf("%s: asked %q, want %q\n%q", test.Name, heard, test.Nginx, test.Raw)
	}
}

// fits tells whether nginx has passed on what the table says. Of what ours would refuse it may pass on less: each version refuses more.
func fits(test ambiguous.Request, asked string) bool {
	if asked == test.Nginx {
		return true
	}
	return test.Refused() && (asked == "" || strings.HasPrefix(test.Nginx, asked+"; "))
}
