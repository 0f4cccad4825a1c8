// Package client is the load of the benchmark: one process with one epoll loop on one thread that holds every connection,
// is the back end too, and counts and times what arrives.
//
//	result := client.Run(client.Job{Scenario: client.Step, Addresses: ..., Connections: 5000, Messages: 200})
//
// It is made to be cheaper than any server. Frames are built before they are needed, a read brings as many messages as
// the kernel has, a message is judged where it lies, and nothing is allocated while a measurement runs. The back end's socket is
// looked at after every 64 events, so that an answer never waits behind thousands of readable clients. Each result tells
// how much of a core the client itself has used.
//
// Every message carries a number and the time it was sent. A connection expects the numbers of its own messages in order, without
// a gap: what is lost, doubled or overtaken fails the run.
//
// A Job runs on the goroutine that calls Run. Limits: 20,000 connections, and loopback addresses only.
package client
