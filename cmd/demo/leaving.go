package main

import (
	"flag"
	"time"

	"fanloop/cmd/demo/internal/config"
)

// leaving is how the process takes its leave, when it is told to. -1 is off.
type leaving struct {
	delay   time.Duration // from not being ready any more to the first goodbye
	timeout time.Duration // for everybody to have gone from then on
	spread  time.Duration // over which pages are to come back
}

func standardLeaving() leaving { return leaving{delay: -1, timeout: 15 * time.Second, spread: -1} }

func (l *leaving) addFlags(flags *flag.FlagSet) {
	flags.Var(config.PeriodOrOff(&l.delay), "drain-delay", "")
	flags.Var(config.Period(&l.timeout), "drain-timeout", "")
	flags.Var(config.PeriodOrOff(&l.spread), "restart-spread", "")
}

// restartSpread is as the codecs take it, 0 for what they do when nothing is said.
func (l *leaving) restartSpread() time.Duration { return max(l.spread, 0) }
