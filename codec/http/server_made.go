//go:build linux

package http

// Answer is an answer that is made once and given to any number of requests: its fields are looked at once. Nobody may
// change it; any goroutine may use it.
type Answer struct {
	head answerHead
	body []byte
}

// NewAnswer makes an answer of copies of fields and body. What Exchange.Respond says of both, and of its errors, holds here.
func NewAnswer(status int, fields Fields, body []byte) (*Answer, error) {
	if status < 200 {
		return nil, ErrStatus
	}
	h := answerHead{status: status, fields: fields}
	if _, err := h.append(nil); err != nil {
		return nil, err
	}
	a := &Answer{head: answerHead{status: status, dated: fields.Has("Date"), upgrade: fields.Has("Upgrade")}}
	a.head.lines, _ = fields.Append(nil) // they have been looked at
	a.body = append(a.body, body...)
	return a, nil
}

// Give answers with a, as Respond does. The errors are ErrAnswered and engine.ErrClosed.
func (x *Exchange) Give(a *Answer) error {
	if err := x.mayAnswer(); err != nil {
		return err
	}
	return x.answer(a.head, a.body)
}

// Serve gives the answer to each request that comes: Server.Handle("GET /robots.txt", a.Serve).
func (a *Answer) Serve(x *Exchange) { _ = x.Give(a) } // fails when the peer has gone
