// Package config reads a program's flags from three places: the command line first, what it leaves out from environment variables, and
// what they leave out from a file of TOML, in which each flag is a key of the same name.
//
//	flags := flag.NewFlagSet("program", flag.ContinueOnError)
//	flags.Var(config.Limit(&most), "max-connections", "")
//	read, err := config.Sources{Args: os.Args[1:], Prefix: "PROGRAM", File: "config"}.Read(flags)
//	if err == nil {
//		err = read.Err() // all that is wrong, each with file, line and key
//	}
//
// A flag that may be given more than once is an array in the file, and in the environment its values stand between blanks. Everything
// here belongs to one goroutine.
package config
