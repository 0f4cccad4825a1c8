package hub

// Options are a hub's; the zero value works.
type Options struct {
	// Single allows one connection a uid: a connection that is bound to the uid of an older one kicks that. Default false.
	Single bool
	// SingleCode is the WebSocket close code that the older connection gets. Default 4001, of the range for applications
	// (RFC 6455 7.4.2).
	SingleCode int
	// SingleReason is the reason beside the code, at most 123 bytes. Default "bound by a newer connection".
	SingleReason string
	// MaxMessage is how many bytes of payload a message may have. Default 1 MiB. It should not be above what an outbox
	// may hold.
	MaxMessage int
	// MaxName is how many bytes a uid or a group's name may have. Default 1,024.
	MaxName int
	// MaxGroups is how many groups one connection may be in. Default 1,000.
	MaxGroups int
	// MaxTargets is how many uids and groups a list of targets may name, and how many uids be excepted. Default 10,000.
	MaxTargets int
}

func (o Options) withDefaults() Options {
	if o.SingleCode <= 0 {
		o.SingleCode = 4001
	}
	if o.SingleReason == "" {
		o.SingleReason = "bound by a newer connection"
	}
	if o.MaxMessage <= 0 {
		o.MaxMessage = 1 << 20
	}
	if o.MaxName <= 0 {
		o.MaxName = 1024
	}
	if o.MaxGroups <= 0 {
		o.MaxGroups = 1000
	}
	if o.MaxTargets <= 0 {
		o.MaxTargets = 10_000
	}
	return o
}

// checkName applies the rules for uids and groups' names.
func (h *Hub) checkName(name string, empty error) error {
	switch {
	case name == "":
		return empty
	case len(name) > h.options.MaxName:
		h.stats.longNames.Add(1)
		return ErrNameTooLong
	}
	return nil
}

// checkTarget bounds what a target costs those who resolve it.
func (o *Options) checkTarget(t *Target) error {
	if named, except := t.size(); named > o.MaxTargets || except > o.MaxTargets {
		return ErrTooManyTargets
	}
	return nil
}
