//go:build linux

package engine

import "errors"

var (
	// ErrClosed is returned by what is asked of a connection whose Close has begun, and of a loop, listener or engine that
	// has stopped. It is also the reason OnClose gets when the program itself called Close.
	ErrClosed = errors.New("engine: closed")
	// ErrAborted is the reason OnClose gets after Abort.
	ErrAborted = errors.New("engine: aborted")
	// ErrFull is returned by Send and Write outside the connection's own callbacks when more than MaxOutbox bytes wait for
	// a peer that does not read.
	ErrFull = errors.New("engine: outbox full")
	// ErrSlowConsumer is the reason OnClose gets when pushes to a peer that does not read exceed MaxOutbox.
	ErrSlowConsumer = errors.New("engine: slow consumer: outbox full")
	// ErrTooFast is the reason OnClose gets when the peer has sent more than MessageRate or ByteRate allow, under CloseFast.
	ErrTooFast = errors.New("engine: too many messages or bytes a second")
	// ErrUnbound is the reason OnClose gets when no hub has taken the connection in time: see Conn.AwaitAttach.
	ErrUnbound = errors.New("engine: not bound in time")
	// ErrUnfinished is the reason OnClose gets when a handler leaves more than MaxUnfinished bytes of an unfinished message.
	ErrUnfinished = errors.New("engine: unfinished message too long")
	// ErrMemory is the reason OnClose gets when the budget of memory was spent (Options.MaxMemory) and the connection held more of it
	// than others.
	ErrMemory = errors.New("engine: out of memory")
	// ErrPanic is the reason OnClose gets when a callback of the connection panicked.
	ErrPanic = errors.New("engine: callback panicked")
	// ErrShutdown is the reason OnClose gets when the engine stops.
	ErrShutdown = errors.New("engine: shutting down")
	// ErrBusy is returned by Offload when its queue is full.
	ErrBusy = errors.New("engine: busy")
	// ErrConnections is returned by Adopt when there are Options.MaxConnections already.
	ErrConnections = errors.New("engine: too many connections")
	// ErrPerAddress is returned by SetRemoteAddr at ListenOptions.MaxPerAddress, and ErrAddressRate at AddressRate.
	ErrPerAddress  = errors.New("engine: too many connections of one address")
	ErrAddressRate = errors.New("engine: too many new connections of one address")
	// ErrRunning is returned by Run when it has been called before.
	ErrRunning = errors.New("engine: already run")
)
