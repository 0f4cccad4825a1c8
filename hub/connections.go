package hub

// Connections lists the connections that are bound to uid, in the order in which they were. The slice is the caller's: what
// it does with one of them, Unbind or a group, does not change it. Nil when the uid is offline.
func (x *Home) Connections(uid string) (refs []Ref) {
	for m := range x.hub.devices(uid) {
		refs = append(refs, m.ref)
	}
	return refs
}
