//go:build linux

package http

import (
	"context"
	"net"
	nethttp "net/http"
)

// callContext is the context of a request, as net/http has it.
type callContext struct {
	context.Context
	cancel context.CancelFunc
}

func (c *callContext) init(local net.Addr) {
	c.Context, c.cancel = context.WithCancel(&localAddr{context.Background(), local})
}

// localAddr is a context that knows http.LocalAddrContextKey.
type localAddr struct {
	context.Context
	addr net.Addr
}

func (c *localAddr) Value(key any) any {
	if key == nethttp.LocalAddrContextKey {
		return c.addr
	}
	return nil
}
