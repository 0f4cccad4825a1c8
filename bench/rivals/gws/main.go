// Command gws does the job of the benchmark on gws: its own server without net/http in front, no UTF-8 check (its option says that this
// is faster), broadcasts by its Broadcaster, which frames a message once, and pushes by WriteAsync, which shares the Broadcaster's
// queue, so that order is kept. What waits in that queue has no limit, with and without -shed.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync"

	"fanloop/bench/servers/job"

	"github.com/lxzan/gws"
)

func main() {
	log.SetOutput(io.Discard)
	if err := run(job.Flags()); err != nil {
		fmt.Fprintln(os.Stderr, "gws:", err)
		os.Exit(1)
	}
}

func run(o job.Options) error {
	pages, err := net.Listen("tcp", job.Loopback)
	if err != nil {
		return err
	}
	config, err := o.TLS()
	if err != nil {
		return err
	}
	job.Announce(o.Pages(), pages.Addr())
	if config != nil {
		pages = tls.NewListener(pages, config)
	}
	if o.Echo {
		return gws.NewServer(&echo{}, nil).RunListener(pages)
	}
	backEnds, err := net.Listen("tcp", job.Loopback)
	if err != nil {
		return err
	}
	job.Announce(job.Text, backEnds.Addr())
	h := &hub{uids: map[string]*gws.Conn{}}
	go job.ServeText(backEnds, h.push)
	return gws.NewServer(h, nil).RunListener(pages)
}

type echo struct{ gws.BuiltinEventHandler }

func (*echo) OnMessage(c *gws.Conn, message *gws.Message) {
	defer message.Close()
	_ = c.WriteMessage(message.Opcode, message.Bytes())
}

// A hub knows the clients by uid.
type hub struct {
	gws.BuiltinEventHandler
	lock sync.RWMutex
	uids map[string]*gws.Conn
}

const uidKey = "uid"

func (h *hub) OnMessage(c *gws.Conn, message *gws.Message) {
	defer message.Close()
	if _, bound := c.Session().Load(uidKey); bound {
		return
	}
	uid := string(message.Bytes())
	c.Session().Store(uidKey, uid)
	h.lock.Lock()
	h.uids[uid] = c
	h.lock.Unlock()
}

func (h *hub) OnClose(c *gws.Conn, _ error) {
	uid, bound := c.Session().Load(uidKey)
	if !bound {
		return
	}
	h.lock.Lock()
	if h.uids[uid.(string)] == c {
		delete(h.uids, uid.(string))
	}
	h.lock.Unlock()
}

func (h *hub) push(line []byte) (taken bool) {
	h.lock.RLock()
	defer h.lock.RUnlock()
	kind, uid := job.Target(line)
	switch kind {
	case job.All:
		b := gws.NewBroadcaster(gws.OpcodeText, append([]byte(nil), line...))
		defer b.Close()
		for _, c := range h.uids {
			taken = b.Broadcast(c) == nil || taken
		}
	case job.One:
		if c := h.uids[string(uid)]; c != nil {
			c.WriteAsync(gws.OpcodeText, append([]byte(nil), line...), nil)
			taken = true
		}
	}
	return taken
}
