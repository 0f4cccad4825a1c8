//go:build race

package hubapi

// forgetful is how many allocations encoding/json may make in addition under the race detector, whose sync.Pool drops
// some of what it is given.
const forgetful = 4
