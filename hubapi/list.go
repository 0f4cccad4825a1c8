package hubapi

import (
	"strconv"

	"fanloop/hub"
)

type (
	online struct {
		Online any `json:"online"` // a bool, or a map of them by uid
	}
	totals struct {
		Connections int `json:"connections"`
		UIDs        int `json:"uids"`
		Groups      int `json:"groups"`
	}
	groupPage struct {
		Groups []string `json:"groups"`
		Cursor string   `json:"cursor,omitempty"`
	}
)

// readOnline: one uid is answered with true or false, a list with an object of them.
func readOnline(r *request) (action, error) {
	uids, err := r.required(keyUID)
	if err != nil {
		return nil, err
	}
	if r.values[keyUID][0] != '[' {
		return func(x *hub.Home, tell func(result)) { tell(result{body: online{x.Online(uids[0])}}) }, nil
	}
	return func(x *hub.Home, tell func(result)) {
		each := make(map[string]bool, len(uids))
		for _, uid := range uids {
			each[uid] = x.Online(uid)
		}
		tell(result{body: online{each}})
	}, nil
}

// readCount: the connections of those who are named; the totals when nobody is.
func readCount(r *request) (action, error) {
	to, err := r.target()
	switch {
	case err == errNobodyNamed && r.values[keyExcept] == nil:
		return countTotals, nil
	case err != nil:
		return nil, err
	}
	return func(x *hub.Home, tell func(result)) { tell(result{body: counted{x.Count(to)}}) }, nil
}

func countTotals(x *hub.Home, tell func(result)) {
	tell(result{body: totals{Connections: x.Count(hub.All), UIDs: x.CountUIDs(), Groups: x.CountGroups()}})
}

func readUIDs(r *request) (action, error) {
	after, limit, err := r.page()
	if err != nil {
		return nil, err
	}
	return func(x *hub.Home, tell func(result)) {
		uids, next := x.UIDs(after, limit)
		tell(result{body: uidPage{listed(uids), spelled(next)}})
	}, nil
}

func readGroups(r *request) (action, error) {
	after, limit, err := r.page()
	if err != nil {
		return nil, err
	}
	return func(x *hub.Home, tell func(result)) {
		groups, next := x.Groups(after, limit)
		tell(result{body: groupPage{listed(groups), spelled(next)}})
	}, nil
}

// readMembers: a uid stands in the list once for each of its connections in the group.
func readMembers(r *request) (action, error) {
	group, err := r.name(keyGroup)
	if err != nil {
		return nil, err
	}
	after, limit, err := r.page()
	if err != nil {
		return nil, err
	}
	return func(x *hub.Home, tell func(result)) {
		members, next := x.Members(group, after, limit)
		uids := make([]string, len(members))
		for i, m := range members {
			uids[i] = m.UID
		}
		tell(result{body: uidPage{uids, spelled(next)}})
	}, nil
}

// maxPage is how long a page of a list may be, and is when nothing is said.
const maxPage = 1000

func (r *request) page() (after hub.Cursor, limit int, err error) {
	if limit, err = r.integer(keyLimit, 1, maxPage, maxPage); err != nil {
		return 0, 0, err
	}
	if r.values[keyCursor] == nil {
		return 0, limit, nil
	}
	text, err := r.text(keyCursor)
	if err != nil {
		return 0, 0, err
	}
	n, err := strconv.ParseUint(text, 36, 63) // 63: there is always one behind it
	if err != nil || spelled(hub.Cursor(n)) != text {
		return 0, 0, wrong(keyCursor, "not one that an answer had")
	}
	return hub.Cursor(n), limit, nil
}

// spelled is a cursor as back ends have it: a string, because JSON's numbers are not whole everywhere. "" at the end.
func spelled(c hub.Cursor) string {
	if c == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(c), 36)
}

// listed is a page that encodes as a list, also when it is empty.
func listed(page []string) []string {
	if page == nil {
		return []string{}
	}
	return page
}
