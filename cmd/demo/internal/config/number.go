package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// off is how a limit says that there is none.
const off = "off"

// Number is the value of a flag that takes a whole number, from least to most.
func Number(n *int, least, most int) *number { return &number{n: n, least: least, most: most} }

// Limit is the value of a flag that takes a whole number from 1 up, or off, which is -1.
func Limit(n *int) *number { return &number{n: n, least: 1, most: math.MaxInt32, orOff: true} }

type number struct {
	n           *int
	least, most int
	orOff       bool
}

func (v *number) String() string {
	if v.n == nil {
		return ""
	}
	if v.orOff && *v.n < 0 {
		return off
	}
	return strconv.Itoa(*v.n)
}

func (v *number) Set(s string) error {
	if v.orOff && s == off {
		*v.n = -1
		return nil
	}
	n, err := strconv.Atoi(s)
	switch {
	case err == nil && n >= v.least && n <= v.most:
		*v.n = n
		return nil
	case v.orOff:
		return fmt.Errorf("want a number from %d up, or off", v.least)
	case v.most == math.MaxInt32:
		return fmt.Errorf("want a number from %d up", v.least)
	}
	return fmt.Errorf("want a number from %d to %d", v.least, v.most)
}

func (*number) takesNumbers() {}

// Size is the value of a flag that takes a number of bytes from 1 up: 4096, 64KiB, 1MiB, 2GiB.
func Size(n *int) *size { return &size{n: n} }

// SizeOrOff is Size, or off, which sets -1.
func SizeOrOff(n *int) *size { return &size{n, true} }

type size struct {
	n     *int
	orOff bool
}

var units = []struct {
	name  string
	bytes int
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

func (v *size) String() string {
	if v.n == nil {
		return ""
	}
	if v.orOff && *v.n < 0 {
		return off
	}
	for _, u := range units {
		if *v.n > 0 && *v.n%u.bytes == 0 {
			return strconv.Itoa(*v.n/u.bytes) + u.name
		}
	}
	return strconv.Itoa(*v.n)
}

func (v *size) Set(s string) error {
	if v.orOff && s == off {
		*v.n = -1
		return nil
	}
	unit := 1
	for _, u := range units {
		if rest, found := strings.CutSuffix(s, u.name); found {
			s, unit = rest, u.bytes
			break
		}
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > math.MaxInt/unit {
		return v.wanted()
	}
	*v.n = n * unit
	return nil
}

func (v *size) wanted() error {
	if v.orOff {
		return errors.New("want a number of bytes from 1 up, such as 4096, 64KiB, 1MiB, or off")
	}
	return errors.New("want a number of bytes from 1 up, such as 4096, 64KiB, 1MiB")
}

func (*size) takesNumbers() {}
