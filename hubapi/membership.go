package hubapi

import "fanloop/hub"

// readJoin: every connection of the uids joins the group. Those that cannot do not keep the others out.
func readJoin(r *request) (action, error) {
	uids, group, err := r.membership()
	if err != nil {
		return nil, err
	}
	return func(x *hub.Home, tell func(result)) {
		joined, why := 0, failure{}
		for _, uid := range uids {
			for _, ref := range x.Connections(uid) {
				if err := x.Join(ref, group); err == nil {
					joined++
				} else if !why.failed() {
					why = notJoined(uid, err)
				}
			}
		}
		tell(reached(joined, why))
	}, nil
}

// notJoined says whose limit was hit: the group's name is wrong for everybody, the number of groups is the connection's.
func notJoined(uid string, err error) failure {
	why := refusal(err)
	if err != hub.ErrNameTooLong {
		why.reason = "uid " + brief(uid) + ": " + why.reason
	}
	return why
}

func readLeave(r *request) (action, error) {
	uids, group, err := r.membership()
	if err != nil {
		return nil, err
	}
	return toEach(uids, func(x *hub.Home, ref hub.Ref) { x.Leave(ref, group) }), nil
}

func readUnbind(r *request) (action, error) {
	uids, err := r.required(keyUID)
	if err != nil {
		return nil, err
	}
	return toEach(uids, (*hub.Home).Unbind), nil
}

// toEach does something to every connection of the uids, and counts them.
func toEach(uids []string, do func(x *hub.Home, ref hub.Ref)) action {
	return func(x *hub.Home, tell func(result)) {
		visited := 0
		for _, uid := range uids {
			for _, ref := range x.Connections(uid) {
				do(x, ref)
				visited++
			}
		}
		tell(reached(visited, failure{}))
	}
}

func (r *request) membership() (uids []string, group string, err error) {
	if uids, err = r.required(keyUID); err != nil {
		return nil, "", err
	}
	group, err = r.name(keyGroup)
	return uids, group, err
}
