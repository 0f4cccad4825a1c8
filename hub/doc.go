// Package hub knows which user is on which connection, and pushes messages to a user, a group or everybody. It sees
// connections and loops through small interfaces (Ref, Outlet, Loop), which the engine's satisfy.
//
//	h := hub.New(eng.Loops(), hub.Options{})
//
//	// A client's first message, on the client's loop:
//	ref := c.Ref() // home may be another loop than the client's
//	h.Do(c.Loop(), func(x *hub.Home) { x.Bind(ref, "u1") })
//
//	// A back end's line, on the back end's loop:
//	h.Do(c.Loop(), func(x *hub.Home) {
//		x.Push(hub.UID("u1"), hub.Text(line), func(v hub.Verdict) { reply(v.Taken > 0) })
//	})
//
// # Connections
//
// A connection is a user's once it is bound to a uid; before that it gets nothing and counts nowhere. A uid is any string
// but the empty one, "0" too, and has any number of connections, or one (Options.Single). A bound connection may join
// groups. Everybody is everybody with a uid. A connection that closes is out of everything by itself, and takes nobody
// else out: what it had is removed by identity, never by uid.
//
// # Goroutines
//
// The hub's state lives on one loop, its home: loop 0. Its operations are methods of Home, which is had from Hub.Do on a
// loop and from Hub.Wait elsewhere. Hub.Do, Hub.Wait, Hub.Stats and all of Message may be called from any goroutine. There is
// no lock and no goroutine of the hub's own.
//
// Each loop keeps its own roster: who of its connections is in which group. Only that loop touches it. Home changes it by
// posting, so every connection sees what one caller does in the order in which it was done, across uid, group and
// everybody. A push posts at most one task to each loop that has receivers, and allocates nothing for each receiver. A group with 128
// members on a loop, or a uid with as many connections, is an audience there (Loop.NewAudience): a push to it costs home and that
// loop the same however large it is.
//
// # When the loops are behind
//
// A connection that publishes is not read until they have caught up; Hub.Wait blocks until then. Pushes of timers and posted
// tasks get ErrBusy meanwhile, because nothing could hold them back.
//
// # Limits
//
// A message has at most 1 MiB (MaxMessage), a uid or group name 1,024 bytes (MaxName), a connection 1,000 groups
// (MaxGroups), a list of targets 10,000 names (MaxTargets), a page of a list 1,000 entries. One task kicks 256. A bound connection costs
// about 240 bytes in the hub, being in a group about 85 more.
package hub
