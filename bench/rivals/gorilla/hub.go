package main

import (
	"net/http"
	"time"

	"fanloop/bench/servers/job"

	"github.com/gorilla/websocket"
)

// Times of the chat example.
const (
	writeWait  = 10 * time.Second
	pongWait   = 60 * time.Second
	pingPeriod = pongWait * 9 / 10
	sendQueue  = 256
)

// A hub owns the clients.
type hub struct {
	shed       bool
	clients    map[*client]bool
	uids       map[string]*client
	register   chan *client
	unregister chan *client
	pushes     chan push
}

// A push is a line of a back end; the answer tells whether somebody took it.
type push struct {
	kind    job.Kind
	uid     string
	message *websocket.PreparedMessage
	answer  chan bool
}

type client struct {
	hub  *hub
	conn *websocket.Conn
	uid  string
	send chan *websocket.PreparedMessage
	gone chan struct{} // closed when the write pump has ended
}

func newHub(shed bool) *hub {
	return &hub{
		shed: shed, clients: map[*client]bool{}, uids: map[string]*client{},
		register: make(chan *client), unregister: make(chan *client), pushes: make(chan push),
	}
}

func (h *hub) run() {
	for {
		select {
		case c := <-h.register:
			h.clients[c], h.uids[c.uid] = true, c
		case c := <-h.unregister:
			h.remove(c)
		case p := <-h.pushes:
			p.answer <- h.deliver(p)
		}
	}
}

func (h *hub) remove(c *client) {
	if !h.clients[c] {
		return
	}
	delete(h.clients, c)
	if h.uids[c.uid] == c {
		delete(h.uids, c.uid)
	}
	close(c.send)
}

func (h *hub) deliver(p push) (taken bool) {
	switch p.kind {
	case job.All:
		for c := range h.clients {
			h.give(c, p.message)
			taken = true
		}
	case job.One:
		if c := h.uids[p.uid]; c != nil {
			h.give(c, p.message)
			taken = true
		}
	}
	return taken
}

func (h *hub) give(c *client, m *websocket.PreparedMessage) {
	if !h.shed {
		select {
		case c.send <- m:
		case <-c.gone:
		}
		return
	}
	select {
	case c.send <- m:
	default:
		h.remove(c)
	}
}

// push is called by the back ends' goroutines.
func (h *hub) push(line []byte) bool {
	kind, uid := job.Target(line)
	message, err := websocket.NewPreparedMessage(websocket.TextMessage, append([]byte(nil), line...))
	if err != nil {
		return false
	}
	answer := make(chan bool, 1)
	h.pushes <- push{kind, string(uid), message, answer}
	return <-answer
}

func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &client{hub: h, conn: conn, send: make(chan *websocket.PreparedMessage, sendQueue), gone: make(chan struct{})}
	go c.writePump()
	go c.readPump()
}

func (c *client) readPump() {
	defer func() {
		c.hub.unregister <- c
		c.conn.Close()
	}()
	c.conn.SetReadDeadline(time.Now().Add(pongWait))
	c.conn.SetPongHandler(func(string) error { return c.conn.SetReadDeadline(time.Now().Add(pongWait)) })
	for {
		_, message, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		if c.uid == "" {
			c.uid = string(message)
			c.hub.register <- c
		}
	}
}

func (c *client) writePump() {
	ticker := time.NewTicker(pingPeriod)
	defer func() {
		ticker.Stop()
		c.conn.Close()
		close(c.gone)
	}()
	for {
		select {
		case message, ok := <-c.send:
			c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if !ok {
				c.conn.WriteMessage(websocket.CloseMessage, nil)
				return
			}
			if c.conn.WritePreparedMessage(message) != nil {
				return
			}
		case <-ticker.C:
			c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if c.conn.WriteMessage(websocket.PingMessage, nil) != nil {
				return
			}
		}
	}
}
