package main

import (
	"flag"
	"fmt"
	"math"

	"fanloop/cmd/demo/internal/config"
)

// limits are those of the whole process. -1 is off.
type limits struct {
	connections int
	memory      int // bytes; 0 is the engine's choice
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
	flags.Var(memoryFlag(&l.memory), "max-memory", "")
	flags.Var(config.Number(&l.name, 1, math.MaxInt32), "max-name", "")
	flags.Var(config.Number(&l.groups, 1, math.MaxInt32), "max-groups", "")
	flags.Var(config.Size(&l.push), "max-push", "")
	flags.Var(config.Number(&l.targets, 1, math.MaxInt32), "max-targets", "")
}

// memoryFlag is the value of a flag that takes a number of bytes, off or auto.
func memoryFlag(bytes *int) flag.Value {
	size := config.Size(bytes)
	return config.Func(
		func() string {
			switch {
			case *bytes < 0:
				return "off"
			case *bytes == 0:
				return "auto"
			}
			return size.String()
		},
		func(s string) error {
			switch s {
			case "off":
				*bytes = -1
			case "auto":
				*bytes = 0
			default:
				if err := size.Set(s); err != nil {
					return fmt.Errorf("%w, or off, or auto", err)
				}
			}
			return nil
		},
	)
}
