//go:build linux && race

package engine

const raced = true
