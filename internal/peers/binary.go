package peers

import "github.com/gobwas/ws"

// NextBinary waits for a binary message.
func (p *Page) NextBinary() []byte {
	p.t.Helper()
	f := p.frame()
	if f.Header.OpCode != ws.OpBinary {
		p.t.Fatalf("page: got a frame with opcode %d, %q, want binary", f.Header.OpCode, f.Payload)
	}
	return f.Payload
}
