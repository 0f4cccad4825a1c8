//go:build linux && !poll_opt

package engine

import "github.com/panjf2000/gnet/v2/pkg/netpoll"

func (l *Loop) polling() error { return l.poller.Polling(l.handle) }

func (l *Loop) attachment(fd int) *netpoll.PollAttachment {
	l.scratchAttachment.FD = fd
	return &l.scratchAttachment
}
