package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const (
	getNode = "apt-get install nodejs"
	getWS   = "cd e2e/node && npm install --no-package-lock"
)

func TestNode(t *testing.T) {
	node := need(t, "node", getNode)
	if _, err := os.Stat(filepath.Join("node", "node_modules", "ws")); err != nil {
		missing(t, "Node's package ws", getWS)
	}
	d := start(t)
	var page *demo
	d.bind(func() { page = launch(t, exec.Command(node, "node/page.js", "ws://"+d.websocket+"/", "使用者1")) })
	backend := d.backend()
	line := `{"uid":"使用者1","text":"你好"}`
	expect(t, backend, line, "ok")
	page.wantJSON(1, map[string]any{"text": line, "binary": false})
	expect(t, backend, `{"all":true}`, "ok")
	page.wantJSON(2, map[string]any{"text": `{"all":true}`, "binary": false})

	backend.Close()
	d.end()
	page.wantJSON(3, map[string]any{"code": 1001.0})
	page.wantExit(0)
}

// wantJSON waits for the nth line of a program's output, which has to be this object.
func (d *demo) wantJSON(n int, want map[string]any) {
	d.t.Helper()
	line := d.stdout.Await(d.t, "", n)
	var got map[string]any
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		d.t.Fatalf("%q: %v", line, err)
	}
	for key := range want {
		if got[key] != want[key] {
			d.t.Fatalf("line %d: got %q, want %v", n, line, want)
		}
	}
}
