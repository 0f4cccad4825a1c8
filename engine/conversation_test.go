//go:build linux

package engine_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"fanloop/engine"
)

// FuzzConversations plays what its input says: clients of all protocols come, say what is right and what is not, in pieces, read much or
// little or nothing, end in any way at any point, and are pushed to all the while. Nothing may panic or be left behind; a page gets what was
// taken for it, in order; an answer's counts are those who were there.
func FuzzConversations(f *testing.F) {
	for _, seed := range conversationSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		p := newPlay(t, script[:min(len(script), 600)])
		for len(p.script) > 0 {
			p.step()
		}
		p.end()
	})
}

// conversationSeeds are scripts in which everything happens.
var conversationSeeds = []string{
	"\x00" + strings.Repeat("\x00\x00\x00\x02\x00\x00\x05\x02\x00\x00\x05\x0a\x00\x00\x01", 3),
	"\x01\x00\x00\x00\x02\x00\x05\x05\x02\x00\x05\x05\x09\x00\x02\x0a\x00\x08\x28\x0a\x00\x08\x28\x09\x00\x03\x0a\x03\x00\x01\x0c\x00\x01",
	"\x02\x00\x02\x01\x02\x00\x01\x01\x0b\x01\x20\x28\x0b\x03\x20\x28\x06\x00\x01\x0b\x03\x20\x01",
	"\x03\x00\x04\x00\x02\x00\x00\x02\x00\x01\x03\x02\x00\x02\x01\x09\x00\x01\x02\x00\x00\x02\x02\x00\x00\x02\x0d\x08\x09\x00\x03",
	"\x00\x00\x03\x00\x02\x00\x00\x03\x02\x00\x01\x03\x05\x00\x07abcdefg\x07\x00\x00\x00\x01\x02\x01\x00\x04\x02\x01\x00\x04\x08\x01",
}

// A play is one script being played.
type play struct {
	*world
	script  []byte
	policy  engine.SlowPolicy
	clients []*client
	back    *client // pushes, and keeps to the rules
	pushes  int
}

var playPolicies = []engine.SlowPolicy{engine.CloseSlow, engine.DropNewest, engine.DropOldest, engine.Conflate}

func newPlay(t *testing.T, script []byte) *play {
	p := &play{script: script}
	p.policy = playPolicies[p.byte()%4]
	p.world = newWorld(t, engine.ListenOptions{MaxOutbox: 4 << 10, Slow: p.policy})
	p.back = p.connect(overText)
	p.clients = nil // it is not for the script to end
	return p
}

func (p *play) byte() (b byte) {
	if len(p.script) > 0 {
		b, p.script = p.script[0], p.script[1:]
	}
	return b
}

func (p *play) connect(by protocol) *client {
	c := &client{protocol: by, uid: fmt.Sprintf("u%d", len(p.clients)%4), groups: map[string]bool{}, rules: true}
	var to engine.Server = p.site
	switch by {
	case overWebSocket:
		to = p.pages
	case overText:
		to = p.lines
	}
	c.StillSocket = p.loop.Connect(to)
	p.clients = append(p.clients, c)
	return c
}

// any is one of the clients, or nil without one.
func (p *play) any() *client {
	i := int(p.byte())
	if len(p.clients) == 0 {
		return nil
	}
	return p.clients[i%len(p.clients)]
}

// step does what the script says next.
func (p *play) step() {
	op := p.byte() % 16
	switch op {
	case 0, 1:
		if by := protocol(p.byte()) % protocols; len(p.clients) < 12 {
			p.connect(by)
		}
		return
	case 8:
		p.loop.Slice()
		return
	case 10, 11:
		p.push(op == 11)
		return
	case 12:
		p.command()
		return
	case 13:
		p.loop.Pass(time.Duration(p.byte()%20) * time.Second)
		return
	case 14:
		p.loop.Pump()
		return
	}
	if c := p.any(); c != nil {
		p.act(op, c)
	}
}

// act has one client do something.
func (p *play) act(op byte, c *client) {
	switch op {
	case 5:
		n := int(p.byte()) % 32
		raw := p.script[:min(n, len(p.script))]
		p.script = p.script[len(raw):]
		c.rules = false
		c.Says(bytes.Clone(raw))
	case 6:
		was := *c
		said := c.next(p.byte())
		if len(said) > 0 {
			said[int(p.byte())%len(said)] ^= 1 << (p.byte() % 8)
		}
		c.rules, c.opened = false, was.opened
		c.Says(said)
	case 7:
		c.rules = false
		if p.byte()%2 == 0 {
			c.Ends()
		} else {
			c.Resets()
		}
	case 9:
		c.Room([]int{0, 1, 100, 5000, -1}[p.byte()%5])
		c.Says(nil)
	case 15:
		if c.protocol <= overUpgrade && c.opened {
			c.Says(masked(ws.OpClose, "\x03\xe8"))
			c.rules = c.rules && !c.Open()
		}
	default:
		p.speak(c)
	}
}

// speak has a client say what is right, in pieces. It is known to be heard when it was bound before or is now.
func (p *play) speak(c *client) {
	choice, width := p.byte(), int(p.byte())
	was := *c
	said := c.next(choice)
	if !c.Open() {
		c.asked = was.asked
	}
	for len(said) > 0 {
		n := len(said)
		if width > 0 {
			n = min(width, n)
		}
		c.Says(said[:n:n])
		said = said[n:]
	}
	c.heard(choice, was)
}

// push pushes from the back end, as a command or a plain line, and holds the verdict against who is there.
func (p *play) push(command bool) {
	target := []string{"uid u0", "uid u1", "uid u2", "uid u3", "group g0", "group g1", "group g2", "all"}[p.byte()%8]
	size := int(p.byte()) % 48
	kind, name, _ := strings.Cut(target, " ")
	member := fmt.Sprintf("%q:%q", kind, name)
	if kind == "all" {
		member = `"all":true`
	}
	p.pushes++
	text := fmt.Sprint(p.pushes, " ", strings.Repeat("x", 100*size))
	key := ""
	if command {
		key = fmt.Sprintf(`"key":%d,`, p.pushes%3)
	}
	sure, perhaps := p.there(target)
	answer := p.ask(fmt.Sprintf(`{"$cmd":"push",%s,%s"text":"%s"}`, member, key, text))
	taken, refused := verdict(p.t, answer)
	if there := taken + refused; there < len(sure) || there > len(sure)+perhaps {
		p.t.Fatalf("a push to %s: %q; %d are there, and %d perhaps", target, answer, len(sure), perhaps)
	}
	for _, c := range sure {
		c.due = append(c.due, push{p.pushes, refused == 0})
	}
}

// there are those who are named, as far as is known.
func (p *play) there(target string) (sure []*client, perhaps int) {
	for _, c := range p.clients {
		switch {
		case !c.rules && c.listens(), c.bound && c.Doomed():
			perhaps++
		case c.bound && c.Listens() && c.is(target):
			sure = append(sure, c)
		}
	}
	return sure, perhaps
}

// ask has the back end say a line, and returns the answer.
func (p *play) ask(line string) string {
	before := len(p.back.Got())
	p.back.Says([]byte(line + "\n"))
	if len(p.back.Got()) == before {
		p.loop.Pump()
	}
	answer := string(p.back.Got()[before:])
	if strings.Count(answer, "\n") != 1 || !strings.HasSuffix(answer, "\n") {
		p.t.Fatalf("%q has the answer %q", line, answer)
	}
	return strings.TrimSuffix(answer, "\n")
}

func verdict(t testing.TB, answer string) (taken, refused int) {
	word, object, _ := strings.Cut(answer, " ")
	var counts struct{ Taken, Refused int }
	err := json.Unmarshal([]byte(object), &counts)
	if err != nil || (word == "ok") != (counts.Taken > 0) || word != "ok" && word != "fail" {
		t.Fatalf("the answer %q", answer)
	}
	return counts.Taken, counts.Refused
}

// command does something else to the pages of a user.
func (p *play) command() {
	what, who := p.byte(), fmt.Sprintf("u%d", p.byte()%4)
	group := fmt.Sprintf("g%d", what/4%3)
	p.ask([]string{
		`{"$cmd":"kick","uid":"` + who + `","code":4001}`,
		`{"$cmd":"unbind","uid":"` + who + `"}`,
		`{"$cmd":"join","uid":"` + who + `","group":"` + group + `"}`,
		`{"$cmd":"leave","uid":"` + who + `","group":"` + group + `"}`,
	}[what%4])
	for _, c := range p.clients {
		if c.uid != who || !c.bound {
			continue
		}
		switch what % 4 {
		case 0, 1:
			c.bound = false
			c.gone = true
		case 2:
			c.groups[group] = true
		case 3:
			delete(c.groups, group)
		}
	}
}

// end has everybody read everything, and holds what came against what was due; then everybody goes.
func (p *play) end() {
	for _, c := range p.clients {
		c.Room(-1)
	}
	p.loop.Pump()
	for i, c := range p.clients {
		if err := c.judge(p.policy == engine.DropOldest || p.policy == engine.Conflate); err != nil {
			p.t.Fatalf("client %d, protocol %d, %s: %v\n%q", i, c.protocol, c.uid, err, c.Got())
		}
	}
	for _, c := range append(p.clients, p.back) {
		c.Ends()
	}
	for range 20 {
		p.loop.Pump()
		p.loop.Pass(5 * time.Second)
	}
	p.loop.Pump()
	stats := p.hub.Stats()
	if left := p.loop.Left(); left != "" || stats.Bound+stats.UIDs+stats.Groups > 0 {
		p.t.Fatalf("left behind: %s; the hub has %+v\n%s", left, stats, p.loop.Log())
	}
}
