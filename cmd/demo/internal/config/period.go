package config

import (
	"errors"
	"strings"
	"time"
)

// Period is the value of a flag that takes a time above 0, such as 30s.
func Period(d *time.Duration) *period { return &period{d: d} }

// PeriodOrOff is the value of one that also takes off, which is -1.
func PeriodOrOff(d *time.Duration) *period { return &period{d: d, word: off, means: -1} }

// PeriodOrAuto is the value of one that also takes auto, which is 0: what is right depends on something else.
func PeriodOrAuto(d *time.Duration) *period { return &period{d: d, word: "auto"} }

type period struct {
	d     *time.Duration
	word  string // that stands for a time; "" for none
	means time.Duration
}

// String writes no more than there is: 1m30s, 5m.
func (v *period) String() string {
	if v.d == nil {
		return ""
	}
	if v.word != "" && *v.d == v.means {
		return v.word
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
	if v.word != "" && s == v.word {
		*v.d = v.means
		return nil
	}
	d, err := time.ParseDuration(s)
	switch {
	case err == nil && d > 0:
		*v.d = d
		return nil
	case v.word != "":
		return errors.New("want a time such as 500ms, 30s or 2m, or " + v.word)
	}
	return errors.New("want a time such as 500ms, 30s or 2m")
}
