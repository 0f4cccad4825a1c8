// Package engine is an event-loop network engine for servers that hold very many connections: loops, listeners, connections,
// outboxes and timers. It knows bytes only; protocols stand on it (fanloop/codec/...), and who is who is a hub's business
// (fanloop/hub).
//
// The shortest program, an echo:
//
//	eng, err := engine.New(engine.Options{})
//	ln, err := eng.Listen("127.0.0.1:7000", echo{}) // any time, from anywhere
//	err = eng.Run(ctx)                              // until ctx ends, then a graceful stop
//
//	type echo struct{}
//
//	func (echo) Serve(c *engine.Conn) engine.Handler          { return echo{} }
//	func (echo) OnOpen(c *engine.Conn)                        {}
//	func (echo) OnTraffic(c *engine.Conn, p []byte) int       { n, _ := c.Write(p); return n }
//	func (echo) OnClose(c *engine.Conn, err error)            {}
//
// A protocol is a type like that; its example "Frame" has one with messages. Engine.Adopt serves connections that were accepted
// elsewhere, by net/http for example, and Engine.ListenOn serves a socket that was opened elsewhere, by systemd for example.
//
// # Which goroutine may touch what
//
// A Loop is one goroutine. A Conn, its handler and its timers belong to their loop: they are touched in its callbacks,
// posted tasks and timers only, and need no lock there. With one loop (the default) all callbacks of all listeners run on
// one goroutine. Engine, Listener, Ref and Loop.Post may be used from any goroutine. Work that blocks goes through Offload;
// a callback that holds its loop for more than 100 ms is logged and counted.
//
// # What a connection can rely on
//
// What one caller sends to a connection arrives in that order. A callback that panics closes its own connection and
// nothing else. OnClose comes exactly once, and never inside another callback. Every ID is used once in a process.
//
// # TLS
//
// ListenOptions.TLS makes a listener speak TLS 1.2 and 1.3; servers notice nothing of it, and Conn.TLS tells who the peer is.
// crypto/tls computes a handshake on a goroutine of its own, only so many at once (Options.Handshakers), and without holding a
// CPU while it waits for the peer; peers that are silent give way (MaxHandshakes, 4096 a listener; MaxHandshakesPerAddress, 256;
// HandshakeTimeout, 10 s). From then on the connection has no goroutine: its bytes are decrypted when the loop has read them
// and encrypted at its turn, at most 64 KiB ahead of the kernel.
//
// # Proxies
//
// ListenOptions.TrustedProxies are the networks of proxies that are believed when they tell for whom they speak: in a PROXY header, version
// 1 or 2 (ListenOptions.ProxyProtocol, ProxyTimeout 5 s), or in a protocol of HTTP's kind, which then calls Conn.SetRemoteAddr.
// Conn.RemoteAddr, the limits on an address and the logs have the client's address then. Nobody is trusted by default.
//
// # For hubs
//
// A package that pushes to many connections, as fanloop/hub does, uses Ref.Attach and the Outlet it gives, Loop.Broadcast and
// BroadcastTo, Loop.NewAudience, Loop.NotePublish and Loop.AwaitBacklog, with messages that are Shared. Others need none of these.
//
// # Limits
//
// Each has a default and an option: bytes that wait for a peer that does not read (ListenOptions.MaxOutbox, 1 MiB;
// ListenOptions.Slow says what becomes of pushes past that, and unless told otherwise they close the connection), an
// unfinished message (MaxUnfinished, 16 MiB), messages and bytes a second (MessageRate and ByteRate, off unless they are set; Fast
// says whether who is faster is paused or closed), the time until a hub takes a connection (Conn.AwaitAttach), the time Close
// waits for a peer (Linger, 5 s), offloaded work (Options.Workers, 16, and OffloadQueue, 1024), the time Run drains (DrainTimeout,
// 15 s). docs/limits.md has all of them. When the loops are behind (4 MiB not yet offered to
// the kernel on one of them), connections that publish are not read until they have caught up, and whoever else publishes
// is told, or waits (Loop.NotePublish, Loop.AwaitBacklog). All connections together have one budget of memory (Options.MaxMemory, a
// quarter of what the process may have) for outboxes and unfinished messages; a handler that keeps bytes of its own tells
// so by Conn.NoteMemory. When the system has no descriptors left, accepting pauses and
// comes back by itself. Stats counts each of these, and tells how long the loops' turns are.
//
// # On what it stands
//
// Each loop is gnet's (github.com/panjf2000/gnet/v2/pkg/netpoll), the poller that gnet's own engine runs on. gnet's engine
// and connections are not used: they cannot open a port at run time, bound what waits for a slow reader, or stop reading.
// docs/design.md has the reasons and figures. The engine is for Linux, and builds with gnet's tag poll_opt too.
package engine
