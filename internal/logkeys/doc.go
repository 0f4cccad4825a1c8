// Package logkeys holds, as a test, how log lines are written: a kind of line is one constant message, a key means the same everywhere,
// and whose connection it is about is said by Log.
package logkeys
