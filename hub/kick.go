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
	kicked := h.resolve(&t)
	parts := make([][]*member, len(h.rosters))
	for _, m := range kicked {
		h.unbind(m)
		i := m.roster.index
		parts[i] = append(parts[i], m)
	}
	for _, part := range parts[1:] {
		h.kick(part, last, code, reason)
	}
	h.kick(parts[0], last, code, reason)
	return nil
}

// kick ends connections of one loop. They are out of home's state, and the other loops' tasks are posted, before the first of
// home's is touched: what an Outlet does may come back into the hub.
func (h *Hub) kick(part []*member, last *Message, code int, reason string) {
	if len(part) == 0 {
		return
	}
	h.stats.kicked.Add(uint64(len(part)))
	h.on(part[0], func() {
		for _, m := range part {
			m.kick(last, code, reason)
		}
	})
}
