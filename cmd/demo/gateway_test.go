//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"fanloop/internal/peers"
)

const gatewayFolder = "../../clients/php/"

// need skips the test where a tool is missing, and fails it where none may be.
func need(t *testing.T, tool, get string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err == nil {
		return
	}
	lack(t, tool+" is missing: "+get)
}

// lack skips the test for want of something of the machine's, and fails it where nothing may be wanting.
func lack(t *testing.T, what string) {
	t.Helper()
	if toolsRequired {
		t.Fatal(what)
	}
	t.Skip(what)
}

// php runs PHP with these arguments and returns what it prints.
func php(t *testing.T, arguments ...string) (printed string, err error) {
	t.Helper()
	need(t, "php", "apt-get install php-cli")
	ctx, cancel := context.WithTimeout(t.Context(), 2*peers.Bound)
	defer cancel()
	out, err := exec.CommandContext(ctx, "php", arguments...).CombinedOutput()
	return string(out), err
}

// Each method of Gateway.php, with good and bad input.
func TestGateway(t *testing.T) {
	for _, loops := range []string{"1", "2", "4"} {
		d := start(t, "-loops", loops)
		if out, err := php(t, gatewayFolder+"test.php", d.websocket, d.text); err != nil || out != "ok\n" {
			t.Errorf("%s loops: %v\n%.4000s", loops, err, out)
		}
	}
}

func TestGatewayOnUnixSocket(t *testing.T) {
	address := "unix:" + t.TempDir() + "/text"
	start(t, "-listen", "text://"+address)
	if out, err := gateway(t, address, `var_export(Gateway::isUidOnline('a'));`); err != nil || out != "false" {
		t.Errorf("%v, %s", err, out)
	}
}

// gateway runs PHP code with Gateway.php loaded; what it throws is printed.
func gateway(t *testing.T, address, code string) (string, error) {
	t.Helper()
	return php(t, "-d", "error_reporting=-1", "-d", "display_errors=stdout", "-r", fmt.Sprintf(`require '%sGateway.php';
use Fanloop\Gateway;
Gateway::$address = '%s';
Gateway::$timeout = 20.0;
try { %s } catch (Exception $e) { echo get_class($e), ': ', str_replace(Gateway::$address, 'ADDRESS', $e->getMessage()); }`,
		gatewayFolder, address, code))
}

// untilEnded is PHP that waits until the end of the gateway's connection has arrived.
const untilEnded = `$p = new ReflectionProperty(Gateway::class, 'socket');
	if (PHP_VERSION_ID < 80100) { $p->setAccessible(true); }
	$r = [$p->getValue()]; $w = $e = null; stream_select($r, $w, $e, 30);`

// A turn is what a broken server does on one connection: it answers that many lines, with bytes as they are, and hangs up; but a
// silent one keeps the connection.
type turn struct {
	answers []string
	silent  bool
}

func reply(answers ...string) turn { return turn{answers: answers} }

func TestGatewayWithBrokenServer(t *testing.T) {
	const (
		push   = `{"$cmd":"push","uid":"a","text":"m"}`
		online = `{"$cmd":"online","uid":"a"}`
		send   = `echo Gateway::sendToUid('a', 'm');`
		broke  = `Fanloop\GatewayException: the connection to ADDRESS broke before the answer came; it may have been done, or not`
	)
	long := strings.Replace(push, `"m"`, `"`+strings.Repeat("m", 4000000)+`"`, 1)
	tests := []struct {
		name    string
		turns   []turn // one for each connection
		code    string
		printed string
		lines   []string // what the server got, all told
	}{
		{"a message without an answer is not sent again", []turn{reply("")}, send, broke, []string{push}},
		{"nor one with half an answer", []turn{reply(`ok {"taken":1`)}, send, broke, []string{push}},
		{"nor a kick", []turn{reply("")}, `Gateway::closeClient('a');`, broke, []string{`{"$cmd":"kick","uid":"a","code":4000,"reason":""}`}},
		{"nor an unbind", []turn{reply("")}, `Gateway::unbindUid('a');`, broke, []string{`{"$cmd":"unbind","uid":"a"}`}},
		{"a question is asked again", []turn{reply(""), reply("ok {\"online\":true}\n")},
			`var_export(Gateway::isUidOnline('a'));`, "true", []string{online, online}},
		{"but only once", []turn{reply(""), reply("")}, `Gateway::isUidOnline('a');`, broke, []string{online, online}},
		{"a join too", []turn{reply(""), reply("ok {\"connections\":1}\n")}, `echo Gateway::joinGroup('a', 'g');`, "1",
			[]string{`{"$cmd":"join","uid":"a","group":"g"}`, `{"$cmd":"join","uid":"a","group":"g"}`}},
		{"a connection that ended at rest is made anew, for a message too",
			[]turn{reply("ok {\"taken\":1,\"refused\":0}\n"), reply("ok {\"taken\":2,\"refused\":0}\n")},
			send + untilEnded + send, "12", []string{push, push}},
		{"after an exception the next call has a new connection", []turn{reply(""), reply("ok {\"taken\":3,\"refused\":0}\n")},
			`try { Gateway::sendToUid('a', 'm'); } catch (Exception $e) {}` + send, "3", []string{push, push}},
		{"a late answer is nobody's", []turn{{answers: []string{"ok {\"online\":false}\n", ""}, silent: true}, reply("ok {\"online\":true}\n")},
			`Gateway::isUidOnline('a'); Gateway::$timeout = 0.05; try { Gateway::sendToUid('a', 'm'); } catch (Exception $e) { echo preg_replace('/from \S+/', '', $e->getMessage()), '; '; }
			Gateway::$timeout = 20.0; var_export(Gateway::isUidOnline('a'));`,
			"no answer  in 0.05 s; it may have been done, or not; true", []string{online, push, online}},
		{"a line that was not handed over whole is, on another connection", []turn{{}, reply("ok {\"taken\":4,\"refused\":0}\n")},
			`echo Gateway::sendToUid('a', str_repeat('m', 4000000));`, "4", []string{long}},
		{"but only one other", []turn{{}, {}}, `Gateway::sendToUid('a', str_repeat('m', 4000000));`,
			`Fanloop\GatewayException: the connection to ADDRESS broke; nothing was done`, nil},
		{"not fanloop", []turn{reply("HTTP/1.1 400 Bad Request\r\n")}, send,
			"Fanloop\\GatewayException: push: this is no answer of a text port of fanloop: HTTP/1.1 400 Bad Request\r", []string{push}},
		{"plain fail", []turn{reply("fail\n")}, send,
			`Fanloop\GatewayException: push: the server refused the line; it is too long, or the server has no commands`, []string{push}},
		{"not JSON", []turn{reply("ok {]\n")}, send,
			`Fanloop\GatewayException: push: this is no answer of a text port of fanloop: ok {]`, []string{push}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := newBrokenServer(t, test.turns)
			printed, err := gateway(t, server.Addr().String(), test.code)
			if err != nil || printed != test.printed {
				t.Errorf("%v, got\n%s\nwant\n%s", err, printed, test.printed)
			}
			server.Close()
			if lines := <-server.lines; !slices.Equal(lines, test.lines) {
				t.Errorf("the server got %.300q", lines)
			}
		})
	}
}

func TestGatewayWithoutServer(t *testing.T) {
	for address, want := range map[string]string{
		peers.HoldPort(t):    `Fanloop\GatewayException: no connection to ADDRESS: Connection refused`,
		"unix:/nowhere/text": `Fanloop\GatewayException: no connection to ADDRESS: No such file or directory`,
	} {
		if out, err := gateway(t, address, `Gateway::sendToAll('m');`); err != nil || out != want {
			t.Errorf("%v, %s", err, out)
		}
	}
}

// A brokenServer takes one connection after the other and has its turn with each.
type brokenServer struct {
	net.Listener
	lines chan []string // given when it is closed
}

func newBrokenServer(t *testing.T, turns []turn) *brokenServer {
	t.Helper()
	listen := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		// Little room, so that what nobody reads cannot all be handed over.
		return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1<<16) })
	}}
	ln, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &brokenServer{ln, make(chan []string, 1)}
	go s.serve(turns)
	return s
}

func (s *brokenServer) serve(turns []turn) {
	var lines []string
	defer func() { s.lines <- lines }()
	for i := 0; ; i++ {
		conn, err := s.Accept()
		if err != nil {
			return
		}
		if i >= len(turns) {
			lines = append(lines, "one connection too many")
			conn.Close()
			continue
		}
		_ = conn.SetDeadline(time.Now().Add(peers.Bound))
		in := bufio.NewReader(conn)
		for _, answer := range turns[i].answers {
			line, _ := in.ReadString('\n')
			lines = append(lines, strings.TrimSuffix(line, "\n"))
			_, _ = io.WriteString(conn, answer)
		}
		if turns[i].silent {
			defer conn.Close()
		} else {
			conn.Close()
		}
	}
}
