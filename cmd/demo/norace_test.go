//go:build !race

package main

const forgetful = 0
