//go:build linux

package engine

import (
	"cmp"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// SetLimits replaces the limits that new connections are held to: all of o but ReusePort, SocketMode, Loop, Spread, KeepAlive, TLS,
// TrustedProxies and ProxyProtocol, which stay what they are. What is zero means its default, as with Listen. Connections that are open keep their limits, and count for those of the
// listener. New connections have them soon after SetLimits has returned. ErrClosed comes after Close and after the engine's Shutdown; any
// other error is the system's, of UserTimeout, and then nothing has changed.
func (ln *Listener) SetLimits(o ListenOptions) error {
	o = o.patientWith(ln.publishers).withDefaults()
	o.TrustedProxies, o.ProxyProtocol = ln.options.TrustedProxies, ln.options.ProxyProtocol
	ln.mu.Lock()
	defer ln.mu.Unlock()
	if ln.closed {
		return ErrClosed
	}
	if err := ln.setUserTimeout(o.UserTimeout); err != nil {
		return fmt.Errorf("engine: limits of %s: %w", ln.addr, err)
	}
	return ln.loop.Post(func() {
		ln.limits = &o
		ln.origins = nil // they have the limits from before
		ln.addresses.limit(o.MaxPerAddress, o.AddressRate)
	})
}

// setUserTimeout sets it on the listening socket, from which new connections have it. With mu held, so that the descriptor is open.
func (ln *Listener) setUserTimeout(d time.Duration) error {
	if ln.addr.Network() != "tcp" {
		return nil
	}
	most := 0 // the kernel's own
	if d > 0 {
		most = milliseconds(d)
	}
	err := unix.SetsockoptInt(ln.fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, most)
	if err == unix.ENOPROTOOPT {
		return nil // MPTCP, see ListenOn
	}
	return err
}

// held are the limits of new connections. On the accepting loop.
func (ln *Listener) held() *ListenOptions { return cmp.Or(ln.limits, &ln.options) }

// limit replaces the limits. On the accepting loop, while others count out.
func (a *addresses) limit(most, rate int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.most, a.rate = most, rate
}

// SetMaxConnections replaces Options.MaxConnections. Connections that are open stay. It may be called from any goroutine.
func (e *Engine) SetMaxConnections(n int) {
	e.maxConnections.Store(int64(cmp.Or(n, defaultConnections)))
}
