// Package fromworkerman has no code, only tests: they build the Go programs of docs/from-workerman.md as they stand there,
// run them, and look whether they do what the page says.
package fromworkerman
