//go:build linux && !poll_opt

package gnetfacts

import "github.com/panjf2000/gnet/v2/pkg/netpoll"

func polling(p *netpoll.Poller, handle netpoll.PollEventHandler) error { return p.Polling(handle) }
