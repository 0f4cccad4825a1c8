// Package embed holds the test of docs/embed.md: the programs there are built and run as a stranger would, in modules of their
// own outside of this tree, with the commands that stand beside them.
package embed
