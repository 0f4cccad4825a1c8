package config

import (
	"errors"
	"strings"
	"time"
)

// Period is the value of a flag that takes a time above 0, such as 30s.
func Period(d *time.Duration) *period { return &period{d: d} }

// PeriodOrOff is the value of one that also takes off, which is -1.
func PeriodOrOff(d *time.Duration) *period { return &period{d: d, orOff: true} }

type period struct {
	d     *time.Duration
	orOff bool
}

// String writes no more than there is: 1m30s, 5m.
func (v *period) String() string {
	if v.d == nil {
		return ""
	}
	if v.orOff && *v.d < 0 {
		return off
	}
	s := v.d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func (v *period) Set(s string) error {
	if v.orOff && s == off {
		*v.d = -1
		return nil
	}
	d, err := time.ParseDuration(s)
	switch {
	case err == nil && d > 0:
		*v.d = d
		return nil
	case v.orOff:
		return errors.New("want a time such as 500ms, 30s or 2m, or off")
	}
	return errors.New("want a time such as 500ms, 30s or 2m")
}
