package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// pipelining makes wrk send 16 requests at once.
const pipelining = `
local sixteen
function init() sixteen = string.rep(wrk.format("GET", "/plain"), 16) end
function request() return sixteen end
`

// TestWrk is short: it is about what a load generator finds wrong, not about how fast anything is.
func TestWrk(t *testing.T) {
	wrk := need(t, "wrk", "apt-get install wrk")
	script := filepath.Join(t.TempDir(), "pipelining.lua")
	if err := os.WriteFile(script, []byte(pipelining), 0o600); err != nil {
		t.Fatal(err)
	}
	url := "http://" + startSite(t, site())
	for name, args := range map[string][]string{
		"one by one":          {url + "/plain"},
		"pipelined":           {"--script", script, url},
		"streamed":            {url + "/stream"},
		"net/http":            {url + "/files/digits.txt"},
		"no kept connections": {"--header", "Connection: close", url + "/plain"},
	} {
		t.Run(name, func(t *testing.T) {
			for seconds, done := 1, 0; done < 20; seconds *= 2 { // on a machine that stands still a second may bring nothing
				out := output(t, exec.Command(wrk, append([]string{"--threads", "1", "--connections", "20", "--timeout", "60s",
					"--duration", strconv.Itoa(seconds)}, args...)...))
				m := regexp.MustCompile(`(\d+) requests in`).FindStringSubmatch(out)
				if m == nil || seconds > 32 || strings.Contains(out, "Socket errors") || strings.Contains(out, "Non-2xx") {
					t.Fatalf("wrk prints\n%s", out)
				}
				done, _ = strconv.Atoi(m[1])
			}
		})
	}
}
