//go:build linux && poll_opt

package gnetfacts

import "github.com/panjf2000/gnet/v2/pkg/netpoll"

// polling leaves handle unused: with poll_opt, each attachment carries its callback.
func polling(p *netpoll.Poller, _ netpoll.PollEventHandler) error { return p.Polling() }
