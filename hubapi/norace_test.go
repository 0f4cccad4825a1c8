//go:build !race

package hubapi

const forgetful = 0
