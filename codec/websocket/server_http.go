//go:build linux

package websocket

import "fanloop/codec/http"

var _ http.Upgrader = (*Server)(nil)

// ServeUpgrade makes the Server a route of an http.Server, on the same port as others:
//
//	web.Upgrade("GET /ws", &websocket.Server{OnMessage: ...})
//
// The http.Server calls it on the loop. The request's head has been read by its limits and its clock; MaxHead and
// HandshakeTimeout have no part in it; what trusted proxies tell has been heard too. From then on the connection is the WebSocket's, with all bytes behind the request;
// a handshake that is refused is answered, and the connection closes.
func (s *Server) ServeUpgrade(x *http.Exchange) {
	head := x.Head()
	conn, err := x.Hijack()
	if err != nil {
		return // the connection has begun to close, or too many are its client's
	}
	o := s.opening(conn)
	o.told = x.Forwarded()
	conn.SetHandler(o) // a panic of OnUpgrade finds it
	o.open(head)
}
