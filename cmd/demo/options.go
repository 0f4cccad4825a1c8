package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
)

// options are what the command line says.
type options struct {
	listen       []endpoint
	loops        int
	reusePort    bool
	single       bool
	clientGroups bool
	logLevel     slog.Level
}

// An endpoint is a port to open: the protocol spoken there and where it listens, as the engine takes it.
type endpoint struct {
	protocol string
	address  string
}

const (
	protocolWebSocket = "websocket"
	protocolText      = "text"
)

// defaultEndpoints are opened when no -listen is given.
var defaultEndpoints = []endpoint{
	{protocolWebSocket, "0.0.0.0:1234"},
	{protocolText, "127.0.0.1:5678"},
}

func (e endpoint) String() string { return e.protocol + "://" + e.address }

// parseEndpoint reads websocket://host:port, text://host:port, and the same with unix:/path behind the slashes.
func parseEndpoint(s string) (endpoint, error) {
	protocol, address, found := strings.Cut(s, "://")
	switch {
	case !found:
		return endpoint{}, fmt.Errorf("%q: want websocket://host:port or text://host:port", s)
	case protocol != protocolWebSocket && protocol != protocolText:
		return endpoint{}, fmt.Errorf("%q: protocol %q is none of websocket, text", s, protocol)
	case strings.HasPrefix(address, "unix:"):
		return endpoint{protocol, address}, nil
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return endpoint{}, fmt.Errorf("%q: %w", s, err)
	}
	return endpoint{protocol, address}, nil
}

// beyondLoopback tells whether others than this machine can reach the endpoint.
func (e endpoint) beyondLoopback() bool {
	host, _, err := net.SplitHostPort(e.address)
	if err != nil || host == "localhost" {
		return false // a unix socket has no host
	}
	ip, err := netip.ParseAddr(host)
	return err != nil || !ip.IsLoopback()
}

const usage = `fanloop demo: pushes lines from back ends to web pages.

  Pages connect by WebSocket; their first message is their uid.
  Back ends write JSON lines to the text port and read ok or fail for each:
    {"uid":"u1",...}    to the pages of one user
    {"group":"g",...}   to those of a group
    {"all":true,...}    to everybody

Usage: demo [flags]

`

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.Func("listen", "`address` to serve: websocket://host:port, text://host:port, or unix:/path behind the slashes;\n"+
		"repeatable, and any replaces both defaults\n(default websocket://0.0.0.0:1234 and text://127.0.0.1:5678)", o.addEndpoint)
	flags.IntVar(&o.loops, "loops", 1, "how many event `loops` serve the connections")
	flags.BoolVar(&o.reusePort, "reuseport", false, "share the TCP ports with other processes that say so too;\n"+
		"each process then has its own users, and a push reaches those of one process only")
	flags.BoolVar(&o.single, "single", false, "one page a uid: a newer one closes the older, with code 4001")
	flags.BoolVar(&o.clientGroups, "client-groups", true, `pages may send {"join":"g"} and {"leave":"g"} after their uid`)
	flags.TextVar(&o.logLevel, "log-level", slog.LevelInfo, "log from this `level` on: debug, info, warn, error")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	return o, o.complete(flags)
}

func (o *options) addEndpoint(s string) error {
	e, err := parseEndpoint(s)
	o.listen = append(o.listen, e)
	return err
}

// complete checks what single flags cannot, and fills in the defaults.
func (o *options) complete(flags *flag.FlagSet) error {
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not a flag; see -h", flags.Arg(0))
	}
	if o.loops < 1 || o.loops > 1024 {
		return errors.New("-loops wants a number from 1 to 1024")
	}
	if len(o.listen) == 0 {
		o.listen = defaultEndpoints
	}
	return nil
}
