package hubapi

import (
	"errors"

	"fanloop/hub"
)

var (
	errNobodyNamed = errors.New("uid, group, all: one of them is missing")
	errNoMessage   = errors.New("data, text, binary: one of them is missing")
	errMessages    = errors.New("data, text, binary: only one of them may stand there")
)

// readPush: what data, text or binary holds, and nothing around it, goes to everybody named. With a key, who is behind may get only
// the newest of that key.
func readPush(r *request) (action, error) {
	to, err := r.target()
	if err != nil {
		return nil, err
	}
	message, err := r.message()
	if err != nil {
		return nil, err
	}
	if message == nil {
		return nil, errNoMessage
	}
	if r.values[keyKey] == nil {
		return push(to, message), nil
	}
	key, err := r.name(keyKey)
	if err == nil && len(key) > maxKey {
		err = wrong(keyKey, "longer than 1024 bytes")
	}
	return push(to, message.WithKey(key)), err
}

// maxKey is how many bytes a message's key may have.
const maxKey = 1024

func push(to hub.Target, message *hub.Message) action {
	return func(x *hub.Home, tell func(result)) {
		x.Push(to, message, func(v hub.Verdict) { tell(pushed(v)) })
	}
}

func pushed(v hub.Verdict) result {
	r := result{body: verdict{v.Taken, v.Refused}}
	switch {
	case v.Err != nil:
		r.failure = refusal(v.Err)
	case v.Taken == 0 && v.Refused > 0:
		r.failure = failure{statusNobody, "nobody took it"}
	case v.Taken == 0:
		r.failure = nobodyThere
	}
	return r
}

// Close codes that a program may choose (RFC 6455 7.4): those in between are not sent. usualCode is kick's own.
const usualCode = 4000

func mayClose(code int) bool {
	return code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000
}

// maxReason is how many bytes of reason fit a Close frame (RFC 6455 5.5).
const maxReason = 123

// readKick: everybody named gets the message, if there is one, and is hung up on.
func readKick(r *request) (action, error) {
	to, err := r.target()
	if err != nil {
		return nil, err
	}
	last, err := r.message()
	if err != nil {
		return nil, err
	}
	code, why, err := r.farewell()
	if err != nil {
		return nil, err
	}
	return func(x *hub.Home, tell func(result)) {
		kicked := x.Count(to)
		if err := x.Kick(to, last, code, why); err != nil {
			tell(reached(0, refusal(err)))
			return
		}
		tell(reached(kicked, failure{}))
	}, nil
}

// farewell is the close code and the reason.
func (r *request) farewell() (code int, why string, err error) {
	code, err = r.integer(keyCode, 1000, 4999, usualCode)
	if err != nil || !mayClose(code) {
		return 0, "", wrong(keyCode, "want 1000-1003, 1007-1014 or 3000-4999")
	}
	if r.values[keyReason] == nil {
		return code, "", nil
	}
	why, err = r.text(keyReason)
	if err == nil && len(why) > maxReason {
		err = wrong(keyReason, "longer than 123 bytes")
	}
	return code, why, err
}

// target is everybody whom uid, group and all name together, but for except.
func (r *request) target() (hub.Target, error) {
	to, err := r.named()
	if err != nil {
		return to, err
	}
	except, err := r.names(keyExcept)
	if err != nil || len(except) == 0 {
		return to, err
	}
	return to.Except(except...), nil
}

func (r *request) named() (to hub.Target, err error) {
	uids, err := r.names(keyUID)
	if err != nil {
		return to, err
	}
	groups, err := r.names(keyGroup)
	if err != nil {
		return to, err
	}
	all := r.values[keyAll]
	switch {
	case all == nil && r.values[keyUID] == nil && r.values[keyGroup] == nil:
		return to, errNobodyNamed
	case all == nil:
		return anyOf(uids, groups), nil
	case string(all) != "true":
		return to, wrong(keyAll, "want true")
	}
	return hub.All, nil // the others are among them
}

func anyOf(uids, groups []string) hub.Target {
	list := make([]hub.Target, 0, len(uids)+len(groups))
	for _, uid := range uids {
		list = append(list, hub.UID(uid))
	}
	for _, group := range groups {
		list = append(list, hub.Group(group))
	}
	if len(list) == 1 {
		return list[0]
	}
	return hub.Any(list...)
}

// message is what data, text or binary holds; nil when there is none of them.
func (r *request) message() (*hub.Message, error) {
	data, text, binary := r.values[keyData], r.values[keyText], r.values[keyBinary]
	switch {
	case data == nil && text == nil && binary == nil:
		return nil, nil
	case data != nil && text == nil && binary == nil:
		return hub.Text(data), nil // as it is spelled
	case text != nil && data == nil && binary == nil:
		content, err := r.text(keyText)
		return hub.Text([]byte(content)), err
	case binary != nil && data == nil && text == nil:
		content, err := r.bytes(keyBinary)
		return hub.Binary(content), err
	}
	return nil, errMessages
}
