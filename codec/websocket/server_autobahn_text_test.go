//go:build linux

package websocket

import (
	"fmt"
	"testing"

	"fanloop/internal/cut"
)

func TestAutobahn6Text(t *testing.T) {
	var cases []autobahnCase
	for i, row := range utf8Texts {
		whole := autobahnCase{name: fmt.Sprintf("6.%d", i), send: text(row.text), want: []reading{said(row.text)}}
		if row.at != 0 {
			whole.want, whole.fails = nil, 1007
		}
		fragments, behind := whole, whole
		fragments.name, fragments.send = whole.name+" in fragments", fragmented(row.text, 1)
		behind.name, behind.send, behind.want = whole.name+" behind a message", join(text(kosme), text(row.text)), append([]reading{said(kosme)}, whole.want...)
		cases = append(cases, whole, fragments, behind,
			autobahnCase{name: whole.name + " is binary", send: blob(row.text), want: []reading{blobbed(row.text)}})
	}
	cases = append(cases,
		autobahnCase{name: "6.1.2", send: join(first(""), more(""), last("")), want: []reading{said("")}},
		autobahnCase{name: "6.1.3", send: join(first(""), more("middle frame payload"), last("")), want: []reading{said("middle frame payload")}})
	for plane := range 17 { // 6.22: the last two of each plane
		s := string([]rune{rune(plane<<16 | 0xfffe), rune(plane<<16 | 0xffff)})
		cases = append(cases, autobahnCase{name: fmt.Sprintf("6.22 plane %d", plane), send: text(s), want: []reading{said(s)}})
	}
	runAutobahn(t, cases)
}

// 6.4: the server fails at the byte that makes the text invalid, and does not wait for the message, the frame or the character.
func TestAutobahn6FailsFast(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	whole := text(kosme + "\xf4\x90\x80\x80edited")
	header := 6 // of a short masked frame
	for name, pieces := range map[string][][]byte{
		"6.4.1 the second fragment of three":      {first(kosme), more("\xf4\x90\x80\x80")},
		"6.4.2 the third of four, half of it":     {first(kosme + "\xf4"), more("\x90")},
		"6.4.3 the second chop of three":          {whole[:header+len(kosme)], whole[header+len(kosme):][:4]},
		"6.4.4 the byte behind the last good one": {whole[:header+len(kosme)+1], whole[header+len(kosme)+1:][:1]},
		"a surrogate at its second byte":          {text("\xed\xa0\x80")[:header+1], text("\xed\xa0\x80")[header+1:][:1]},
		"too long at its first byte":              {text("a\xc0\x80")[:header+2]},
	} {
		t.Run(name, func(t *testing.T) {
			for _, widths := range widthsOfAutobahn {
				c := connect(t, w.addr)
				for i, p := range pieces {
					<-c.trickle(cut.At(p, widths))
					if i < len(pieces)-1 {
						continue
					}
					c.wantFailure(1007)
				}
			}
		})
	}
}

// Before that byte nothing happens: the connection answers pings between the fragments.
func TestAutobahn6FailsNotTooEarly(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	c := connect(t, w.addr)
	c.send(first(kosme+"\xf4"), ping("1"), more("\x8f"), ping("2"), more("\xbf"), ping("3"))
	for _, p := range []string{"1", "2", "3"} {
		r := ponged(p)
		c.want(r.op, r.payload)
	}
	c.send(last("\xbf"))
	c.wantText(kosme + "\xf4\x8f\xbf\xbf")
	c.bye()
}
