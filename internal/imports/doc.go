// Package imports holds the test of who may import whom. It reads the import lines of the whole tree itself: the answer of
// `go list` depends on build tags, and a test that calls it is served from the cache when it should not be.
package imports
