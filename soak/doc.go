// Command soak runs the demo for as long as it is told under everything at once: pages that come, join groups, are pushed to, are kicked and
// go; pages that are slow or stuck; peers that break every rule; back ends on every kind of port; certificates and limits replaced; and a
// stop in the midst of pushes in the end. Beside it a second one, guarded: behind a PROXY protocol, pages that show tokens, or wrong ones, or
// send more than they may, and back ends with a token. It checks that nobody who keeps to the rules lost anything, and that the server then has what it had before.
//
//	go run ./soak -duration 10m
//	go run -race ./soak -duration 60s -race
//
// What it checks:
//
//   - A page gets each message whose push was answered ok while it was there, once and in order, and none that is for others.
//   - A push's answer is what happened: of a page that has said goodbye, the messages that came are those that were taken.
//   - When all have left, no connection, uid, group or byte that waits is there, and descriptors, goroutines, timers, the heap and the
//     resident memory are those of the rest before.
//   - Who is not let in is told so in its protocol, who sends too much is closed for it, and both are counted.
//   - A stop tells every page so behind everything that was taken, and the process ends with status 0.
//   - The log has a line for each record, no race and no panic.
//
// It ends with status 1 at the first that is not so, and says which seed it was: the same seed makes the same choices, though not at the
// same moments.
package main
