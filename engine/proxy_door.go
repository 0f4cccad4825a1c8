//go:build linux

package engine

import "io"

// proxyDoor stands in front of a listener's server, TLS included: it serves the connections of trusted proxies, which begin with a PROXY
// header.
type proxyDoor struct {
	listener *Listener
	server   Server
}

// entrance is who serves a new connection.
func (ln *Listener) entrance(peer *endpoint) Server {
	if ln.proxied != nil && trusts(ln.options.TrustedProxies, peer) {
		return ln.proxied
	}
	return ln.server
}

func (d *proxyDoor) Serve(c *Conn) Handler { return &preface{door: d} }

// preface is the handler of a connection until its PROXY header has come.
type preface struct {
	door  *proxyDoor
	timer *Timer
}

func (p *preface) OnOpen(c *Conn) {
	p.timer = c.loop.After(c.limits.ProxyTimeout, func() {
		c.loop.stats.proxyTimeouts.Add(1)
		c.destroy(ErrProxyTimeout)
	})
}

func (p *preface) OnTraffic(c *Conn, b []byte) int {
	client, used, err := readProxyHeader(b)
	switch {
	case err != nil:
		p.malformed(c)
		return len(b)
	case used == 0:
		return 0
	}
	p.timer.Stop()
	c.loop.stats.proxyHeaders.Add(1)
	if client.IsValid() {
		if err := c.SetRemoteAddr(client); err != nil {
			c.destroy(err)
			return len(b)
		}
	}
	c.handler = nobody{} // if the server's panics
	c.loop.begin(c, p.door.server)
	c.undecoded = true // what follows is the new handler's
	return used
}

// malformed: whoever speaks something else here is told nothing.
func (p *preface) malformed(c *Conn) {
	c.loop.stats.proxyMalformed.Add(1)
	if p.door.listener.malformed.due() {
		c.loop.log.Warn("engine: a trusted proxy sent no PROXY header, or a malformed one", "listener", p.door.listener.addr, c.Log())
	}
	c.destroy(ErrProxyHeader)
}

// OnEOF: whoever connects and goes without a word only looks whether somebody is here, as load balancers do.
func (p *preface) OnEOF(c *Conn) {
	if len(c.rest()) > 0 {
		p.malformed(c)
		return
	}
	c.destroy(io.EOF)
}

func (p *preface) OnShutdown(c *Conn) { c.destroy(ErrShutdown) }

func (p *preface) OnClose(*Conn, error) {
	if p.timer != nil {
		p.timer.Stop()
	}
}
