// Command nbio does the job of the benchmark on nbio, with the I/O mode that its README advises for many connections
// (IOModNonBlocking: no goroutine a connection). A write that the kernel does not take waits in nbio's own buffer, without
// a limit; with -shed a connection is closed at fanloop's limit (MaxWriteBufferSize). Its TLS is its own copy of crypto/tls.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"fanloop/bench/servers/job"

	"github.com/lesismal/llib/std/crypto/tls"
	"github.com/lesismal/nbio/logging"
	"github.com/lesismal/nbio/nbhttp"
	"github.com/lesismal/nbio/nbhttp/websocket"
)

func main() {
	logging.SetLevel(logging.LevelNone)
	if err := run(job.Flags()); err != nil {
		fmt.Fprintln(os.Stderr, "nbio:", err)
		os.Exit(1)
	}
}

const shedLimit = 1 << 20

func run(o job.Options) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	h := &hub{echo: o.Echo, uids: map[string]*websocket.Conn{}}
	config := nbhttp.Config{
		Network: "tcp", Addrs: []string{job.Loopback}, IOMod: nbhttp.IOModNonBlocking,
		Handler: http.HandlerFunc(h.serve), KeepaliveTime: time.Hour, ReleaseWebsocketPayload: true,
	}
	if o.Cert != "" {
		cert, err := tls.LoadX509KeyPair(o.Cert, o.Key)
		if err != nil {
			return err
		}
		config.Addrs, config.AddrsTLS = nil, config.Addrs
		config.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	}
	if o.Shed {
		config.MaxWriteBufferSize = shedLimit
	}
	engine := nbhttp.NewEngine(config)
	if err := engine.Start(); err != nil {
		return err
	}
	addr, err := net.ResolveTCPAddr("tcp", append(engine.Addrs, engine.AddrsTLS...)[0])
	if err != nil {
		return err
	}
	job.Announce(o.Pages(), addr)
	if o.Echo {
		<-ctx.Done()
		return nil
	}
	backEnds, err := net.Listen("tcp", job.Loopback)
	if err != nil {
		return err
	}
	job.Announce(job.Text, backEnds.Addr())
	return job.ServeText(backEnds, h.push)
}

// A hub knows the clients by uid.
type hub struct {
	echo bool
	lock sync.RWMutex
	uids map[string]*websocket.Conn
}

func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	u := websocket.NewUpgrader()
	u.KeepaliveTime = time.Hour
	u.CheckOrigin = func(*http.Request) bool { return true }
	u.OnMessage(h.onMessage)
	u.OnClose(h.onClose)
	_, _ = u.Upgrade(w, r, nil) // an error has been answered
}

func (h *hub) onMessage(c *websocket.Conn, kind websocket.MessageType, data []byte) {
	if h.echo {
		_ = c.WriteMessage(kind, data)
		return
	}
	if c.Session() != nil {
		return
	}
	uid := string(data)
	c.SetSession(uid)
	h.lock.Lock()
	h.uids[uid] = c
	h.lock.Unlock()
}

func (h *hub) onClose(c *websocket.Conn, _ error) {
	uid, bound := c.Session().(string)
	if !bound {
		return
	}
	h.lock.Lock()
	if h.uids[uid] == c {
		delete(h.uids, uid)
	}
	h.lock.Unlock()
}

func (h *hub) push(line []byte) (taken bool) {
	kind, uid := job.Target(line)
	h.lock.RLock()
	defer h.lock.RUnlock()
	switch kind {
	case job.All:
		for _, c := range h.uids {
			taken = c.WriteMessage(websocket.TextMessage, line) == nil || taken
		}
	case job.One:
		if c := h.uids[string(uid)]; c != nil {
			taken = c.WriteMessage(websocket.TextMessage, line) == nil
		}
	}
	return taken
}
