// Package gnetfacts has no code, only tests: each shows, against the pinned version of gnet, one fact that the engine is
// built on or around. docs/gnet.md says what follows from each.
//
// A test that fails here after an update of gnet does not mean that something is broken. It means that a reason for the
// engine's design is gone or has changed: look at the test's line in docs/gnet.md, decide, and change both.
//
// The tests wait for events with a bound and never for time to pass. Whether the poller reports something once or again
// and again is counted in rounds of epoll_wait. Those about a process that dies, or prints, run in a child.
package gnetfacts
