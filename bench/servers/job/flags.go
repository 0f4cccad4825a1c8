package job

import (
	"crypto/tls"
	"flag"
	"fmt"
	"net"
)

// Options are what the benchmark tells a server.
type Options struct {
	// Echo asks for one WebSocket port that sends every message back; otherwise there is a WebSocket port whose clients say
	// their uid first, and a text port that takes lines.
	Echo bool
	// Shed asks a server whose send queues are bounded to close a client whose queue is full. Otherwise it waits, so that
	// nothing is lost.
	Shed bool
	// Cert and Key are PEM files: the WebSocket port speaks TLS.
	Cert, Key string
}

// TLS is what the files hold; nil when none are named.
func (o *Options) TLS() (*tls.Config, error) {
	if o.Cert == "" {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(o.Cert, o.Key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}}, nil
}

// Pages is the name of the port that pages connect to.
func (o *Options) Pages() string {
	if o.Cert != "" {
		return SecureWebSocket
	}
	return WebSocket
}

// Flags reads the command line.
func Flags() Options {
	var o Options
	flag.BoolVar(&o.Echo, "echo", false, "one WebSocket port that sends every message back")
	flag.BoolVar(&o.Shed, "shed", false, "close clients whose queue is full instead of waiting for them")
	flag.StringVar(&o.Cert, "cert", "", "PEM `file`: the WebSocket port speaks TLS")
	flag.StringVar(&o.Key, "key", "", "PEM `file` of its key")
	flag.Parse()
	return o
}

// Loopback is where every server of the benchmark listens: a port of the system's choice.
const Loopback = "127.0.0.1:0"

// Names of the ports, as they are announced.
const (
	WebSocket       = "websocket"
	SecureWebSocket = "wss"
	Text            = "text"
	HTTP            = "http"
)

// Announce says where a port is. The benchmark reads these lines.
func Announce(name string, addr net.Addr) { fmt.Printf("  %s://%s\n", name, addr) }
