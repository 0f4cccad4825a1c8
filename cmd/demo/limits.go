package main

import (
	"flag"
	"math"

	"fanloop/cmd/demo/internal/config"
)

// limits are those of the whole process. -1 is off.
type limits struct {
	connections int
	name        int
	groups      int
	push        int
	targets     int
}

func standardLimits() limits {
	return limits{connections: 1 << 20, name: 1024, groups: 1000, push: 1 << 20, targets: 10_000}
}

func (l *limits) addFlags(flags *flag.FlagSet) {
	flags.Var(config.Limit(&l.connections), "max-connections-total", "")
	flags.Var(config.Number(&l.name, 1, math.MaxInt32), "max-name", "")
	flags.Var(config.Number(&l.groups, 1, math.MaxInt32), "max-groups", "")
	flags.Var(config.Size(&l.push), "max-push", "")
	flags.Var(config.Number(&l.targets, 1, math.MaxInt32), "max-targets", "")
}
