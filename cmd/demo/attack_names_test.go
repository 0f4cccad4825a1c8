//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"fanloop/internal/peers"
)

// evil are names that would say something else, wherever a line, a header field, a terminal or a metric is made of them.
var evil = []string{
	"a\r\nSet-Cookie: x=y", "a\nlevel=INFO msg=forged", "\x1b[2J\x1b]0;forged\x07", "a\u2028b\u202ec", `"} 1` + "\nforged 1\n" + `{x="`,
	"a\x00b", "<script>alert(1)</script>", "../../etc/passwd", "%0d%0aX: y", "a b=c", `\u000a`,
}

// Names are data: nothing that somebody is called becomes another line of the log, another field of a head, another series or member.
func TestAttackInjection(t *testing.T) {
	d := startSite(t, "-admin", "127.0.0.1:0")
	others := d.bystanders()
	for i, name := range evil {
		quoted, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		p := peers.OpenPage(t, d.websocket)
		p.Say(name)
		p.Settle()
		p.Say(fmt.Sprintf(`{"join":%s}`, quoted))
		p.Settle()
		line := fmt.Sprintf(`{"uid":%s,"n":%d}`, quoted, i)
		expect(t, others.backend, line, "ok", p)
		line = fmt.Sprintf(`{"group":%s,"n":%d}`, quoted, i)
		expect(t, others.backend, line, "ok", p)
		for _, target := range []string{"/online/", "/groups/", "/"} {
			d.ask("GET", target+escapeAll(name), "")
		}
	}
	others.served()
	logged := strings.Split(strings.TrimSuffix(d.log.String(), "\n"), "\n")
	plain := regexp.MustCompile(`^time=\S+ level=\S+ msg=[ -~]*$`)
	for _, line := range logged {
		if !plain.MatchString(line) || strings.Contains(line, " msg=forged") && !strings.Contains(line, `\n`) {
			t.Errorf("a line of the log: %q", line)
		}
	}
	if _, body := d.adminSays("/metrics"); strings.Contains(body, "forged") || strings.Contains(body, "<script") {
		t.Error("a name is in the metrics")
	}
}

// escapeAll is a name as a path has it, every byte escaped.
func escapeAll(name string) string {
	var b strings.Builder
	for i := range len(name) {
		fmt.Fprintf(&b, "%%%02X", name[i])
	}
	return b.String()
}
