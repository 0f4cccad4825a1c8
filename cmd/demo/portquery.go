package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// checkQuery reads what stands behind the ? of a -listen: name=value, joined by &.
func (e endpoint) checkQuery() error {
	var scratch portOptions
	return e.applyQuery(&scratch)
}

// applyQuery sets what it names.
func (e endpoint) applyQuery(o *portOptions) error {
	named := map[string]bool{}
	for pair := range strings.SplitSeq(e.query, "&") {
		if e.query == "" {
			break
		}
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" {
			return fmt.Errorf("%q: want name=value", pair)
		}
		if named[name] {
			return fmt.Errorf("%s is there twice", name)
		}
		named[name] = true
		if err := e.applyOption(o, name, value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (e endpoint) applyOption(o *portOptions, name, escaped string) error {
	p := findPortFlag(name)
	if p == nil {
		return errors.New("there is no such option of a port")
	}
	if !p.fits.are(e) {
		return fmt.Errorf("this is for %s", p.fits.ports)
	}
	value, err := url.PathUnescape(escaped)
	if err != nil {
		return err
	}
	return p.value(o).Set(value)
}

// portOptions are those of one port: what its -listen says, and what flags say of all ports.
func (o *options) portOptions(e endpoint) portOptions {
	own := o.port
	_ = e.applyQuery(&own) // it has been checked
	if !forPages.are(e) {
		own.messageRate, own.byteRate = -1, -1 // a back end pushes as fast as the loops take it
		own.userTimeout = -1                   // and reads its answers when it likes
	}
	return own
}
