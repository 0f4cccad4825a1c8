//go:build race

package main

// forgetful is how many allocations encoding/json may make in addition under the race detector, whose sync.Pool drops
// some of what it is given.
const forgetful = 4
