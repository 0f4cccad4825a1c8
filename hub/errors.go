package hub

import "errors"

// Errors of a hub's operations. They are compared with ==, or errors.Is.
var (
	// ErrEmptyUID is returned by Bind, and in a Verdict, when a uid is the empty string.
	ErrEmptyUID = errors.New("hub: empty uid")
	// ErrEmptyGroup is returned by Join, and in a Verdict, when a group's name is the empty string.
	ErrEmptyGroup = errors.New("hub: empty group name")
	// ErrNameTooLong is returned by Bind and Join when a name has more than Options.MaxName bytes.
	ErrNameTooLong = errors.New("hub: name too long")
	// ErrNotBound is returned by Join when the connection has no uid.
	ErrNotBound = errors.New("hub: connection has no uid")
	// ErrTooManyGroups is returned by Join when the connection is in Options.MaxGroups groups.
	ErrTooManyGroups = errors.New("hub: connection is in too many groups")
	// ErrGone is returned by Bind when the connection has begun to close, belongs to another hub, or its loop has
	// stopped. For a connection of another loop than home this may turn out only later; it is then taken out again.
	ErrGone = errors.New("hub: connection is gone")
	// ErrTooLarge is in a Verdict, and returned by Kick, when the message has more than Options.MaxMessage bytes.
	ErrTooLarge = errors.New("hub: message too large")
	// ErrNotUTF8 is in a Verdict, and returned by Kick, when a text message is not valid UTF-8.
	ErrNotUTF8 = errors.New("hub: text message is not UTF-8")
	// ErrTooManyTargets is in a Verdict, and returned by Kick, when a list names, or excepts, more than Options.MaxTargets.
	ErrTooManyTargets = errors.New("hub: too many targets")
	// ErrBusy is in a Verdict when the loops are behind and the push came from a timer, a posted task or the like, for which
	// there is no connection that could be held back: it is to be tried again later.
	ErrBusy = errors.New("hub: busy")
	// ErrPanicked is returned by Wait when its function panicked.
	ErrPanicked = errors.New("hub: function panicked")
)
