// Package ambiguous is a table of requests by which others have been smuggled past a server or a proxy: what two of them could read in
// two ways. Tests send it, and so does the soak.
package ambiguous
