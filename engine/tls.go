//go:build linux

package engine

import (
	"crypto/tls"
	"errors"
	"time"
)

var (
	// ErrHandshakeTimeout is why a TLS handshake ended that took longer than HandshakeTimeout.
	ErrHandshakeTimeout = errors.New("engine: TLS handshake took too long")
	// ErrGaveWay is why a TLS handshake ended whose peer had been silent the longest when too many were under way.
	ErrGaveWay = errors.New("engine: TLS handshake gave way to a newer one")
	// ErrHandshakes is why a TLS handshake did not begin, or why a listener pauses: as many as may be are being computed.
	ErrHandshakes = errors.New("engine: too many TLS handshakes")
)

// TLSOptions make a listener speak TLS 1.2 and 1.3. Its server then sees what it would see without: OnOpen comes when the
// handshake is done, OnTraffic gets plaintext and Send takes it. A handshake that fails never comes to the server; the peer
// gets an alert.
//
// The peer's close_notify is its EOF. A peer whose stream ends without one has been cut off, perhaps by somebody else: that
// is an EOF too, but the reason that OnClose gets is io.ErrUnexpectedEOF in place of io.EOF.
type TLSOptions struct {
	// Config is the standard library's. The listener uses a clone of it: client certificates (ClientAuth, ClientCAs), cipher
	// suites and the rest are said here, and session tickets are on, with keys that change every day, unless it says otherwise.
	// TLS before 1.2 is never spoken. Its functions are called on goroutines of the handshakes, not on a loop. Default: an
	// empty one, which needs Certificates.
	Config *tls.Config
	// Certificates, when it is set, takes the place of Config's own certificates: it has several, chosen by the name that
	// the peer asks for, and can be given others at any time. It may be shared by listeners.
	Certificates *Certificates
	// HandshakeTimeout is how long a handshake may take, from the accept on. Default 10 s. Beyond it: ErrHandshakeTimeout.
	HandshakeTimeout time.Duration
	// MaxHandshakes is how many of the listener's handshakes may be under way. Default 4096. For one more, the one whose peer
	// has been silent the longest gives way (ErrGaveWay); when most of them wait for a CPU instead, accepting pauses.
	MaxHandshakes int
	// MaxHandshakesPerAddress is how many of them may be under way from one address, which of IPv6 is its /64. Default 256.
	// For one more, the longest silent of that address gives way. Loopback addresses, unix sockets and TrustedProxies are exempt.
	MaxHandshakesPerAddress int
	// OnHandshakeError is called on the connection's loop when a handshake has failed, for logs and the like; c is closed.
	// Default: it is logged at the level debug.
	OnHandshakeError func(c *Conn, err error)
}

func (o TLSOptions) withDefaults() TLSOptions {
	if o.HandshakeTimeout <= 0 {
		o.HandshakeTimeout = 10 * time.Second
	}
	if o.MaxHandshakes <= 0 {
		o.MaxHandshakes = 4096
	}
	if o.MaxHandshakesPerAddress <= 0 {
		o.MaxHandshakesPerAddress = 256
	}
	return o
}

// A ProtocolServer says which protocols it speaks (ALPN, RFC 7301). On a listener with TLS they take the place of those
// in Config.NextProtos, so that nothing is agreed on that the server does not speak.
type ProtocolServer interface {
	NextProtos() []string
}

// config is the listener's own configuration.
func (o TLSOptions) config(s Server) (*tls.Config, error) {
	config := &tls.Config{}
	if o.Config != nil {
		config = o.Config.Clone()
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	if p, ok := s.(ProtocolServer); ok {
		config.NextProtos = p.NextProtos()
	}
	if o.Certificates != nil {
		config.Certificates, config.GetCertificate = nil, o.Certificates.GetCertificate
	}
	if len(config.Certificates) == 0 && config.GetCertificate == nil && config.GetConfigForClient == nil {
		return nil, errors.New("TLS without a certificate")
	}
	return config, nil
}

// TLS is what the handshake has agreed on: the version, the server name that the peer asked for, its certificates, the
// protocol (ALPN). nil without TLS. It is made by the first call, is not to be changed, and stays valid after the connection has
// closed.
func (c *Conn) TLS() *tls.ConnectionState {
	if !c.secured {
		return nil
	}
	s := c.some.secure
	if s.state == nil {
		state := s.tls.ConnectionState()
		s.state = &state
	}
	return s.state
}

// door stands in front of a listener's server: it serves new connections with their handshake.
type door struct {
	engine  *Engine
	server  Server
	config  *tls.Config
	options TLSOptions
	room    room
}

// door is nil without TLS.
func (e *Engine) door(s Server, o *TLSOptions) (*door, error) {
	if o == nil {
		return nil, nil
	}
	config, err := o.config(s)
	if err != nil {
		return nil, err
	}
	d := &door{engine: e, server: s, config: config, options: o.withDefaults()}
	d.room.init(d.options.MaxHandshakes, d.options.MaxHandshakesPerAddress)
	return d, nil
}

func (d *door) Serve(c *Conn) Handler { return newHandshake(c, d) }
