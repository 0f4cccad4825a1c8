// Package hubalone measures the hub without a network: how long a bind, a push and an unbind take with millions of uids, and what a
// uid weighs. Its loop runs what is posted at once, and its connections only count.
//
//	result := hubalone.Run(hubalone.Job{UIDs: 1_000_000})
//
// Run uses the calling goroutine, and wants a process of its own: it reads the collector's figures and the heap's size.
package hubalone
