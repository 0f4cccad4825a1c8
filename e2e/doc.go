// Package e2e tests the program as its users meet it: the built binary on real sockets, with Chromium, PHP, Node, nc, curl, wrk and nginx. It is
// a module of its own, so that whoever embeds fanloop does not get a browser driver.
//
//	make test                          # from the repository's root; what a missing tool keeps from running is named at the end
//	FANLOOP_REQUIRE_TOOLS=1 make test  # a missing tool is a failure
package e2e
