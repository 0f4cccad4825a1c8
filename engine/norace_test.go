//go:build linux && !race

package engine

const raced = false
