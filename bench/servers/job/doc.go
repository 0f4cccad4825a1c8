// Package job is what the servers of the benchmark have in common: how they are told what to do, how they say where they listen,
// and the lines of the text port.
//
//	o := job.Flags()
//	job.Announce("websocket", ln.Addr())
//	kind, uid := job.Target(line)
//
// Target does not validate JSON, as fanloop's own server does: the rivals are to be measured pushing, not parsing, and the
// shortcut is in their favour. Everything here may be used from any goroutine.
package job
