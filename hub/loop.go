package hub

import (
	"context"
	"time"
)

// Loop is an event loop as a hub uses it: one goroutine, and a queue of functions to run on it. The loops of an engine
// satisfy it.
type Loop interface {
	// Index is the loop's number, from 0.
	Index() int
	// Post runs fn on the loop, first in first out. It never blocks and may be called from any goroutine. A nil error
	// means that fn will run; an error that the loop has stopped and it never will.
	Post(fn func()) error
	// PostSized is Post for a function that holds size bytes: while too many wait, publishers are held back.
	PostSized(fn func(), size int) error
	// Broadcast gives m to every connection of the loop that hears, except some, each of which hears and is listed once;
	// the slice is valid during the call. It tells how many took m and how many refused. On the loop only; its cost does
	// not grow with the number of connections.
	Broadcast(m Encodable, except []Outlet) (taken, refused int)
	// BroadcastTo is Broadcast to everybody who is in one of these audiences of this loop.
	BroadcastTo(to []Audience, m Encodable, except []Outlet) (taken, refused int)
	// NewAudience makes an empty audience of connections of this loop. On the loop only.
	NewAudience() Audience
	// Now is when the loop began with what it does at present. On the loop only.
	Now() time.Time
	// NotePushed tells the loop, for its statistics, that the hub took what has just been pushed to connections of the loop at this
	// moment of home's Now. On the loop only.
	NotePushed(taken time.Time)
	// NotePublish tells the loop that what runs now publishes, so that the connection whose callback it is can be held back
	// while the loops are behind. false: they are, and it is no connection's callback. On the loop only.
	NotePublish() bool
	// AwaitBacklog blocks an ordinary goroutine while the loops are behind, or returns why it gave up.
	AwaitBacklog(ctx context.Context) error
}

// Ref is a connection as a hub knows it. It may be used from any goroutine, but for Attach.
type Ref interface {
	// ID is never used again in this process.
	ID() uint64
	// LoopIndex is the Index of the loop that the connection lives on.
	LoopIndex() int
	// Attach gives the connection to the hub, once. gone runs on the connection's loop, once, when the connection begins
	// to close, also from inside a method of the Outlet. false: it has begun already. On the connection's loop only.
	Attach(gone func()) (Outlet, bool)
}

// Outlet is where a connection's messages go in, on its loop only. It is an alias of an interface literal, as Encodable is,
// so that neither a hub nor what it works with has to import the other.
type Outlet = interface {
	// Push queues m behind everything before it. false: refused.
	Push(m Encodable) bool
	// Hear says whether the connection gets what Loop.Broadcast is given.
	Hear(on bool)
	// Kick pushes last, unless it is nil, says goodbye in the connection's protocol and closes.
	Kick(last Encodable, code int, reason string)
}

// Audience is a set of connections on one loop. It is an alias as Outlet is. All methods on the loop only, with connections of
// that loop, each at a cost that does not grow with their number.
type Audience = interface {
	// Add puts a connection that hears into the audience; Remove takes one out, at the latest when its end begins or it
	// hears no longer. Both go for what is broadcast from then on.
	Add(o Outlet)
	Remove(o Outlet)
	// Has tells whether a connection is in it.
	Has(o Outlet) bool
}

// Encodable is a message that is encoded once for each wire format, however many connections get it.
type Encodable = interface {
	// Encoded returns the message in the format that slot stands for. encode runs when the slot is first needed; the
	// result is shared and never written again. Any goroutine.
	Encoded(slot int, encode func(dst, data []byte, binary bool) []byte) []byte
	// Len is the number of bytes of the payload.
	Len() int
	// Key is what the message is about, or "": of two with the same key, one that is behind needs the newer only.
	Key() string
}
