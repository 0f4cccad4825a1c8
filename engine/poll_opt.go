//go:build linux && poll_opt

package engine

import "github.com/panjf2000/gnet/v2/pkg/netpoll"

func (l *Loop) polling() error { return l.poller.Polling() }

// attachment is kept for ever, one a descriptor number: with poll_opt the kernel holds the pointer, which the garbage
// collector does not see, and an event already fetched may still carry it after the descriptor was closed.
func (l *Loop) attachment(fd int) *netpoll.PollAttachment {
	for len(l.attachments) <= fd {
		l.attachments = append(l.attachments, nil)
	}
	if l.attachments[fd] == nil {
		l.attachments[fd] = &netpoll.PollAttachment{FD: fd, Callback: l.handle}
	}
	return l.attachments[fd]
}
