package main

import (
	"flag"
	"slices"
	"time"

	"fanloop/cmd/demo/internal/config"
)

// portOptions are what can be said of a port: for all by flags, for one by what stands behind the ? of its -listen. -1 is off.
type portOptions struct {
	reusePort      bool
	slow           slowPolicy
	maxOutbox      int
	maxConnections int
	maxPerAddress  int
	addressRate    int
	userTimeout    time.Duration
	linger         time.Duration
	keepAlive      time.Duration
	messageRate    int
	byteRate       int
	fast           fastPolicy
	proxy          bool
	proxyTimeout   time.Duration

	codecOptions

	tlsClientCA             string // file; "" lets everybody in
	tlsTimeout              time.Duration
	tlsHandshakes           int
	tlsHandshakesPerAddress int
}

// codecOptions are those of the protocol that is spoken at a port: a reload changes them, as it does the engine's, for connections to come.
type codecOptions struct {
	siteOptions
	handshakeTimeout time.Duration
	maxLine          int
}

// siteOptions are those of what an http port serves. Ports with the same have one site.
type siteOptions struct {
	bindTimeout  time.Duration
	pingInterval time.Duration
	closeTimeout time.Duration
	maxMessage   int
	requestLine  int
	head         int
	fields       int
	headTimeout  time.Duration
	bodyTimeout  time.Duration
	minBodyRate  int
	idle         time.Duration // 0: what is right for the protocol
	maxBody      int
	maxPipelined int
}

// standardPort is what a port is when nothing is said.
func standardPort() portOptions {
	return portOptions{
		slow:           "close",
		maxOutbox:      1 << 20,
		maxConnections: 1 << 20,
		maxPerAddress:  1024,
		addressRate:    100,
		userTimeout:    30 * time.Second,
		linger:         5 * time.Second,
		keepAlive:      time.Minute,
		messageRate:    100,
		byteRate:       1 << 20,
		fast:           "pause",
		proxyTimeout:   5 * time.Second,

		codecOptions: standardCodec(),

		tlsTimeout:              10 * time.Second,
		tlsHandshakes:           4096,
		tlsHandshakesPerAddress: 256,
	}
}

func standardCodec() codecOptions {
	return codecOptions{
		siteOptions: siteOptions{
			bindTimeout:  10 * time.Second,
			pingInterval: 30 * time.Second,
			closeTimeout: 5 * time.Second,
			maxMessage:   1 << 20,
			requestLine:  8 << 10,
			head:         16 << 10,
			fields:       100,
			headTimeout:  10 * time.Second,
			bodyTimeout:  30 * time.Second,
			minBodyRate:  240,
			maxBody:      5 << 20, // a message of 1 MiB in base64, and room for what is around it, or a batch
			maxPipelined: 64,
		},
		handshakeTimeout: 10 * time.Second,
		maxLine:          10 << 20,
	}
}

// A portFlag is one of these options: a flag, a key of the file, and a name behind the ? of -listen.
type portFlag struct {
	name  string
	fits  fits
	value func(o *portOptions) flag.Value
}

// portFlags has them all. A new option is a field with its default above, a line here, its text in usage and in docs/fanloop.toml,
// which tests miss, and where it is used, in ports.go.
var portFlags = []portFlag{
	{"reuseport", onTCP, func(o *portOptions) flag.Value { return config.Bool(&o.reusePort) }},
	{"slow", forPages, func(o *portOptions) flag.Value { return config.Text(&o.slow) }},
	{"max-outbox", everywhere, func(o *portOptions) flag.Value { return config.Size(&o.maxOutbox) }},
	{"max-connections", everywhere, func(o *portOptions) flag.Value { return config.Limit(&o.maxConnections) }},
	{"max-per-address", onTCP, func(o *portOptions) flag.Value { return config.Limit(&o.maxPerAddress) }},
	{"address-rate", onTCP, func(o *portOptions) flag.Value { return config.Limit(&o.addressRate) }},
	{"user-timeout", forPagesOnTCP, func(o *portOptions) flag.Value { return config.PeriodOrOff(&o.userTimeout) }},
	{"linger", everywhere, func(o *portOptions) flag.Value { return config.Period(&o.linger) }},
	{"keep-alive", onTCP, func(o *portOptions) flag.Value { return config.PeriodOrOff(&o.keepAlive) }},
	{"message-rate", forPages, func(o *portOptions) flag.Value { return config.Limit(&o.messageRate) }},
	{"byte-rate", forPages, func(o *portOptions) flag.Value { return config.SizeOrOff(&o.byteRate) }},
	{"fast", forPages, func(o *portOptions) flag.Value { return config.Text(&o.fast) }},
	{"proxy", everywhere, func(o *portOptions) flag.Value { return config.Bool(&o.proxy) }},
	{"proxy-timeout", everywhere, func(o *portOptions) flag.Value { return config.Period(&o.proxyTimeout) }},

	{"handshake-timeout", forWebSockets, func(o *portOptions) flag.Value { return config.Period(&o.handshakeTimeout) }},
	{"bind-timeout", forPages, func(o *portOptions) flag.Value { return config.PeriodOrOff(&o.bindTimeout) }},
	{"ping-interval", forPages, func(o *portOptions) flag.Value { return config.PeriodOrOff(&o.pingInterval) }},
	{"close-timeout", forPages, func(o *portOptions) flag.Value { return config.Period(&o.closeTimeout) }},
	{"max-message", forPages, func(o *portOptions) flag.Value { return config.Size(&o.maxMessage) }},

	{"max-request-line", forPages, func(o *portOptions) flag.Value { return config.Size(&o.requestLine) }},
	{"max-head", forPages, func(o *portOptions) flag.Value { return config.Size(&o.head) }},
	{"max-fields", forPages, func(o *portOptions) flag.Value { return config.Number(&o.fields, 1, 1<<20) }},
	{"head-timeout", forHTTP, func(o *portOptions) flag.Value { return config.Period(&o.headTimeout) }},
	{"body-timeout", forHTTP, func(o *portOptions) flag.Value { return config.Period(&o.bodyTimeout) }},
	{"min-body-rate", forHTTP, func(o *portOptions) flag.Value { return config.Limit(&o.minBodyRate) }},
	{"idle", everywhere, func(o *portOptions) flag.Value { return config.PeriodOrAuto(&o.idle) }},
	{"max-body", forHTTP, func(o *portOptions) flag.Value { return config.Size(&o.maxBody) }},
	{"max-pipelined", forHTTP, func(o *portOptions) flag.Value { return config.Number(&o.maxPipelined, 1, 1<<20) }},

	{"max-line", forBackEnds, func(o *portOptions) flag.Value { return config.Size(&o.maxLine) }},

	{"tls-client-ca", forBackEndsOverTLS, func(o *portOptions) flag.Value { return config.String(&o.tlsClientCA) }},
	{"tls-handshake-timeout", overTLSOnly, func(o *portOptions) flag.Value { return config.Period(&o.tlsTimeout) }},
	{"tls-handshakes", overTLSOnly, func(o *portOptions) flag.Value { return config.Number(&o.tlsHandshakes, 1, 1<<20) }},
	{"tls-handshakes-per-address", overTLSOnly, func(o *portOptions) flag.Value { return config.Number(&o.tlsHandshakesPerAddress, 1, 1<<20) }},
}

// fits tells which ports an option says something of, and how to say that.
type fits struct {
	ports string
	are   func(e endpoint) bool
}

var (
	everywhere    = fits{"all ports", func(endpoint) bool { return true }}
	onTCP         = fits{"TCP ports", func(e endpoint) bool { return !e.unix() }}
	forPages      = fits{"websocket, wss, http and https ports", func(e endpoint) bool { return e.spoken() != protocolText }}
	forPagesOnTCP = fits{"websocket, wss, http and https ports over TCP", func(e endpoint) bool { return forPages.are(e) && onTCP.are(e) }}
	forWebSockets = fits{"websocket and wss ports", func(e endpoint) bool { return e.spoken() == protocolWebSocket }}
	forHTTP       = fits{"http and https ports", func(e endpoint) bool { return e.spoken() == protocolHTTP }}
	forBackEnds   = fits{"text and texts ports", func(e endpoint) bool { return e.spoken() == protocolText }}
	overTLSOnly   = fits{"wss, https and texts ports", endpoint.tls}

	forBackEndsOverTLS = fits{"texts ports", func(e endpoint) bool { return e.tls() && e.spoken() == protocolText }}
)

// addFlags adds the options as flags that set o, whose values are their defaults.
func (o *portOptions) addFlags(flags *flag.FlagSet) {
	for _, p := range portFlags {
		flags.Var(p.value(o), p.name, "")
	}
}

// findPortFlag is nil when there is none with that name.
func findPortFlag(name string) *portFlag {
	i := slices.IndexFunc(portFlags, func(p portFlag) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return &portFlags[i]
}
