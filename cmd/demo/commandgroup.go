package main

import "fanloop/hub"

// readJoin: every connection of the uids joins the group. Those that cannot do not keep the others out.
func readJoin(r *request) (action, error) {
	uids, group, err := r.membership()
	if err != nil {
		return nil, err
	}
	return func(x *hub.Home, done func(result)) {
		var joined countResult
		for _, uid := range uids {
			for _, ref := range x.Connections(uid) {
				if err := x.Join(ref, group); err == nil {
					joined.Connections++
				} else if !joined.failed() {
					joined.Error = notJoined(uid, err)
				}
			}
		}
		done(joined.orNobody())
	}, nil
}

// notJoined says whose limit was hit: the group's name is wrong for everybody, the number of groups is the connection's.
func notJoined(uid string, err error) string {
	if err == hub.ErrNameTooLong {
		return reason(err)
	}
	return "uid " + brief(uid) + ": " + reason(err)
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
	return func(x *hub.Home, done func(result)) {
		var visited countResult
		for _, uid := range uids {
			for _, ref := range x.Connections(uid) {
				do(x, ref)
				visited.Connections++
			}
		}
		done(visited.orNobody())
	}
}

func (r *request) membership() (uids []string, group string, err error) {
	if uids, err = r.required(keyUID); err != nil {
		return nil, "", err
	}
	group, err = r.name(keyGroup)
	return uids, group, err
}
