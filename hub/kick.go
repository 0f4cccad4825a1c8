package hub

// Kick ends every connection that t names: it gets last, unless that is nil, then the goodbye of its protocol with a
// WebSocket close code and a reason, behind everything that was pushed before. For the hub they are gone when Kick returns.
//
// The errors are ErrTooLarge and ErrNotUTF8, for last; then nobody is kicked.
func (x *Home) Kick(t Target, last *Message, code int, reason string) error {
	h := x.hub
	if last != nil {
		if err := last.check(h.options.MaxMessage); err != nil {
			return err
		}
	}
	parts := make([][]*member, len(h.rosters))
	for _, m := range h.resolve(&t) {
		i := m.roster.index
		parts[i] = append(parts[i], m)
	}
	for _, part := range parts {
		if len(part) > 0 {
			h.kick(part, last, code, reason)
		}
	}
	return nil
}

// kick ends connections of one loop. They are out of home's state before the first of them is touched: what an Outlet does
// may come back into the hub.
func (h *Hub) kick(part []*member, last *Message, code int, reason string) {
	h.stats.kicked.Add(uint64(len(part)))
	for _, m := range part {
		h.unbind(m)
	}
	h.on(part[0], func() {
		for _, m := range part {
			m.kick(last, code, reason)
		}
	})
}
