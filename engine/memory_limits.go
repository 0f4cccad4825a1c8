//go:build linux

package engine

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// processMemory is how many bytes the process may have: the least of goLimit (GOMEMLIMIT), what its control group and those
// around it allow, and what the machine has. root is where the system's files are.
func processMemory(root string, goLimit int64) int64 {
	most := min(goLimit, groupMemory(root))
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		if total := uint64(info.Totalram) * uint64(info.Unit); total < uint64(most) {
			most = int64(total)
		}
	}
	return most
}

// groupMemory is the least limit of the process's control group and those around it; MaxInt64 without one. Of both versions: a
// line of /proc/self/cgroup is 0::/path, or in version 1 number:memory:/path.
func groupMemory(root string) int64 {
	most := int64(math.MaxInt64)
	groups, _ := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	for line := range strings.Lines(string(groups)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) < 3 {
			continue
		}
		base, name := filepath.Join(root, "sys/fs/cgroup"), "memory.max"
		switch parts[1] {
		case "":
		case "memory":
			base, name = filepath.Join(base, "memory"), "memory.limit_in_bytes"
		default:
			continue
		}
		for path := filepath.Clean("/" + parts[2]); ; path = filepath.Dir(path) {
			most = min(most, limitIn(filepath.Join(base, path, name)))
			if path == "/" {
				break
			}
		}
	}
	return most
}

// limitIn reads a file with a number, or "max".
func limitIn(file string) int64 {
	p, err := os.ReadFile(file)
	if err != nil {
		return math.MaxInt64
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(p)), 10, 64)
	if err != nil || n <= 0 {
		return math.MaxInt64
	}
	return n
}
