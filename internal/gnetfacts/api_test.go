//go:build linux

package gnetfacts

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/panjf2000/gnet/v2"
	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"github.com/panjf2000/gnet/v2/pkg/socket"
	"golang.org/x/sys/unix"
)

// methods are all that a type offers. A new one may be what the engine had to do without.
func methods[T any]() (names []string) {
	for m := range reflect.TypeFor[T]().Methods() {
		names = append(names, m.Name)
	}
	return names
}

func wantMethods[T any](t *testing.T, missing, want string) {
	t.Helper()
	if got := methods[T](); !slices.Equal(got, strings.Fields(want)) {
		t.Errorf("%v has the methods\n%s\nwant\n%s\nLook whether there is now %s.", reflect.TypeFor[T](),
			strings.Join(got, " "), want, missing)
	}
}

func TestNoListenerAtRunTime(t *testing.T) {
	wantMethods[gnet.Engine](t, "a way to open or close a port",
		"CountConnections Dup DupListener Register Stop Validate")
	wantMethods[gnet.EventLoop](t, "a way to open or close a port",
		"Close Enroll Execute Register Schedule")
}

func TestNoPauseAndNoDrainEvent(t *testing.T) {
	wantMethods[gnet.Conn](t, "a way to stop reading", "AsyncWrite AsyncWritev Close CloseWithCallback Context Discard Dup"+
		" EventLoop Fd Flush InboundBuffered LocalAddr Next OutboundBuffered Peek Read ReadFrom RemoteAddr SafeContext SendTo"+
		" SetContext SetDeadline SetKeepAlive SetKeepAlivePeriod SetLinger SetNoDelay SetReadBuffer SetReadDeadline"+
		" SetSafeContext SetWriteBuffer SetWriteDeadline Wake Write WriteTo Writev")
	wantMethods[gnet.EventHandler](t, "an event for a connection whose queue is empty again, or full",
		"OnBoot OnClose OnOpen OnShutdown OnTick OnTraffic")
}

func TestNoTLS(t *testing.T) {
	tls := regexp.MustCompile(`(?i)tls|certificate|secure`)
	for field := range reflect.TypeFor[gnet.Options]().Fields() {
		if tls.MatchString(field.Name) || tls.MatchString(field.Type.String()) {
			t.Errorf("gnet.Options has %s", field.Name)
		}
	}
}

// The functions of the poller, of which the engine uses all but Trigger, AddReadWrite and AddWrite. There is none to watch
// a descriptor's end only, and Polling takes no timeout.
func TestPollerMethods(t *testing.T) {
	wantMethods[*netpoll.Poller](t, "something that the engine should use",
		"AddRead AddReadWrite AddWrite Close Delete ModRead ModReadWrite Polling Trigger")
	method, _ := reflect.TypeFor[*netpoll.Poller]().MethodByName("Polling")
	for in := range method.Type.Ins() {
		if in == reflect.TypeFor[time.Duration]() || in.Kind() == reflect.Int {
			t.Errorf("Polling is %v: it takes a timeout", method.Type)
		}
	}
}

// unsupported asks for what the interfaces have and the implementation has not.
func unsupported(c gnet.Conn) map[string]error {
	run := gnet.RunnableFunc(func(context.Context) error { return nil })
	return map[string]error{
		"SetDeadline":      c.SetDeadline(time.Now()),
		"SetReadDeadline":  c.SetReadDeadline(time.Now()),
		"SetWriteDeadline": c.SetWriteDeadline(time.Now()),
		"Schedule":         c.EventLoop().Schedule(context.Background(), run, time.Second),
	}
}

// What OnTick touches needs a lock, also with one loop.
func TestTickIsOnAnotherGoroutine(t *testing.T) {
	ticked, served := make(chan string, 1), make(chan string, 1)
	_, address := serve(t, &events{
		tick:    func() time.Duration { ticked <- goroutine(); return time.Hour },
		traffic: func(gnet.Conn) gnet.Action { served <- goroutine(); return gnet.None },
	}, gnet.WithTicker(true))
	write(t, dial(t, address), "go")
	if tick, loop := await(t, "OnTick", ticked), await(t, "OnTraffic", served); tick == loop {
		t.Errorf("OnTick and OnTraffic are both on goroutine %s", tick)
	}
}

// goroutine is the number of the one that asks.
func goroutine() (number string) {
	p := make([]byte, 64)
	_, _ = fmt.Sscanf(string(p[:runtime.Stack(p, false)]), "goroutine %s", &number)
	return number
}

// What the engine takes from pkg/socket: an accepted descriptor that does not block, and that no child inherits.
func TestAcceptedDescriptorsDoNotBlock(t *testing.T) {
	fd, _, err := socket.TCPSocket("tcp", "127.0.0.1:0", true, nil, nil)
	must(t, err)
	defer unix.Close(fd)
	address, err := addressOf(fd)
	must(t, err)
	dial(t, address)
	arrived(t, fd, unix.POLLIN)
	accepted, peer, err := socket.Accept(fd)
	must(t, err)
	defer unix.Close(accepted)
	status, _ := unix.FcntlInt(uintptr(accepted), unix.F_GETFL, 0)
	flags, _ := unix.FcntlInt(uintptr(accepted), unix.F_GETFD, 0)
	if status&unix.O_NONBLOCK == 0 || flags&unix.FD_CLOEXEC == 0 || peer == nil {
		t.Errorf("flags %#x, %#x, peer %v", status, flags, peer)
	}
}
