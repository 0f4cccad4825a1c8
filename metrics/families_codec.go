//go:build linux

package metrics

var webSocketFamilies = []family{
	by("result", "websocket_handshakes_total", "Opening handshakes of WebSockets that have ended.",
		of("done", func(s *snapshot) uint64 { return s.webSocket.Opened }),
		of("refused", func(s *snapshot) uint64 { return s.webSocket.Refused }),
		of("unfinished", func(s *snapshot) uint64 { return s.webSocket.Unfinished })),
	by("why", "websocket_forbidden_total", "Opening handshakes that were refused with 403.",
		of("origin", func(s *snapshot) uint64 { return s.webSocket.OriginsRefused }),
		of("other", func(s *snapshot) uint64 {
			return s.webSocket.Forbidden - min(s.webSocket.OriginsRefused, s.webSocket.Forbidden)
		})),
	counter("websocket_protocol_errors_total", "WebSockets closed because the client broke the protocol.", func(s *snapshot) uint64 { return s.webSocket.ProtocolErrors }),
	by("limit", "websocket_limits_reached_total", "Times that a limit of the WebSocket server's was reached.",
		of("handshake_time", func(s *snapshot) uint64 { return s.webSocket.HandshakeTimeouts }),
		of("message_size", func(s *snapshot) uint64 { return s.webSocket.MessagesTooBig }),
		of("pong_time", func(s *snapshot) uint64 { return s.webSocket.PongTimeouts }),
		of("close_time", func(s *snapshot) uint64 { return s.webSocket.CloseTimeouts })),
}

var textFamilies = []family{
	by("limit", "text_limits_reached_total", "Times that a limit of the text protocol's was reached.",
		of("line_size", func(s *snapshot) uint64 { return s.text.LinesTooLong }),
		of("idle_time", func(s *snapshot) uint64 { return s.text.IdleTimeouts }),
		of("answers_owed", func(s *snapshot) uint64 { return s.text.AnswersHeld })),
}
