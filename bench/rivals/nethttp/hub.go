package main

import (
	"net/http"
	"sync"

	"fanloop/bench/servers/job"
)

// sendQueue is how many events may wait for a client: as many as in gorilla's chat example. A push waits for a full one, so that
// nothing is lost.
const sendQueue = 256

// A hub knows the clients by uid.
type hub struct {
	lock    sync.RWMutex
	clients map[string]chan []byte
}

func (h *hub) events(w http.ResponseWriter, r *http.Request) {
	uid, send := r.URL.Query().Get("uid"), make(chan []byte, sendQueue)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flusher, ok := w.(http.Flusher)
	if !ok {
		return
	}
	flusher.Flush()
	h.lock.Lock()
	h.clients[uid] = send
	h.lock.Unlock()
	defer h.remove(uid, send)
	for {
		select {
		case event := <-send:
			if _, err := w.Write(event); err != nil {
				return
			}
			flusher.Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// remove also takes what a push may be waiting to put in.
func (h *hub) remove(uid string, send chan []byte) {
	gone := make(chan struct{})
	go func() {
		for {
			select {
			case <-send:
			case <-gone:
				return
			}
		}
	}()
	h.lock.Lock()
	if h.clients[uid] == send {
		delete(h.clients, uid)
	}
	h.lock.Unlock()
	close(gone)
}

// push makes the event once for all.
func (h *hub) push(line []byte) (taken bool) {
	kind, uid := job.Target(line)
	event := append(append([]byte("data: "), line...), "\n\n"...)
	h.lock.RLock()
	defer h.lock.RUnlock()
	switch kind {
	case job.All:
		for _, send := range h.clients {
			send <- event
		}
		return len(h.clients) > 0
	case job.One:
		send := h.clients[string(uid)]
		if send != nil {
			send <- event
		}
		return send != nil
	}
	return false
}
