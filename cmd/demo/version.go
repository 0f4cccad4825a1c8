package main

import "runtime/debug"

// version is that of the module, or the commit that the program was built from, as far as the build knows.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return versionOf(info)
}

// versionOf prefers the module's version, which the go command derives from the commit when it knows one.
func versionOf(info *debug.BuildInfo) string {
	v := info.Main.Version
	if v != "" && v != "(devel)" {
		return v
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	revision := settings["vcs.revision"]
	if revision == "" {
		return "(devel)"
	}
	if settings["vcs.modified"] == "true" {
		return "(devel) " + revision + " modified"
	}
	return "(devel) " + revision
}
