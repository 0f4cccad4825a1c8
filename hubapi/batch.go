package hubapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"fanloop/hub"
)

const (
	// maxBatch is how many pushes one body may have.
	maxBatch = 1000
	// batchSlice is how many of them are done before the loop serves others.
	batchSlice = 64
)

var (
	errNotArray  = errors.New("not a JSON array in UTF-8")
	errLongBatch = fmt.Errorf("more than %d in the batch", maxBatch)
)

// A batch is pushes that came in one body. They are done in their order, and each has its own answer. It lives on the loop that the
// call came from.
type batch struct {
	hub     *hub.Hub
	from    hub.Loop
	media   media
	items   [][]byte
	results []result
	left    int // items that have no result
	tell    func(answer)
}

func serveBatch(h *hub.Hub, from hub.Loop, m media, body []byte, tell func(answer)) {
	items, err := itemsOf(m, bytes.Clone(body)) // the loop goes on meanwhile
	if err != nil {
		tell(result{failure: mistake(err)}.answer())
		return
	}
	b := &batch{hub: h, from: from, media: m, items: items, results: make([]result, len(items)), left: len(items), tell: tell}
	if len(items) == 0 {
		tell(b.answer())
		return
	}
	b.run(0)
}

// run does a slice of the batch, and posts the rest. A loop that has stopped has nobody left to be told.
func (b *batch) run(first int) {
	end := min(first+batchSlice, len(b.items))
	for i := first; i < end; i++ {
		b.push(i)
	}
	if end < len(b.items) {
		_ = b.from.Post(func() { b.run(end) })
	}
}

func (b *batch) push(i int) {
	act, err := readPushed(b.items[i])
	if err != nil {
		b.settle(i, result{failure: mistake(err)})
		return
	}
	b.hub.Continue(b.from, len(b.items[i]), func(x *hub.Home) {
		act(x, func(r result) { b.settle(i, r) }) // a push's verdict comes to the loop that asked
	})
}

func (b *batch) settle(i int, r result) {
	b.results[i] = r
	if b.left--; b.left == 0 {
		b.tell(b.answer())
	}
}

// answer is the results in the form that the pushes came in.
func (b *batch) answer() answer {
	var body []byte
	begin, between, end := "[", ",\n", "]\n"
	if b.media == mediaLines {
		begin, between, end = "", "\n", "\n"
	}
	body = append(body, begin...)
	for i, r := range b.results {
		if i > 0 {
			body = append(body, between...)
		}
		body = append(body, r.inBatch()...)
	}
	if len(b.results) > 0 || b.media == mediaJSON {
		body = append(body, end...)
	}
	return answer{statusOK, b.media, body}
}

// itemsOf cuts a body into its pushes. Those of an array have to be JSON, for it could not be cut otherwise; a line may be anything.
func itemsOf(m media, body []byte) (items [][]byte, err error) {
	if m == mediaLines {
		for line := range bytes.Lines(body) {
			if line = trimSpace(line); len(line) > 0 {
				items = append(items, line)
			}
		}
	} else {
		if !utf8.Valid(body) || !json.Valid(body) {
			return nil, errNotArray
		}
		all := elements{body[1:]}
		for value, ok := all.next(); ok; value, ok = all.next() {
			items = append(items, value)
		}
	}
	if len(items) > maxBatch {
		return nil, errLongBatch
	}
	return items, nil
}
