package hub

// A Target says whom a message or a kick is for. It is a small value, made anew where it is needed. The zero Target is
// nobody.
type Target struct {
	kind   targetKind
	name   string
	list   []Target
	except []string
}

type targetKind uint8

const (
	toNobody targetKind = iota
	toUID
	toGroup
	toAll
	toAny
)

// All is every connection that has a uid.
var All = Target{kind: toAll}

// UID is every connection that is bound to uid.
func UID(uid string) Target { return Target{kind: toUID, name: uid} }

// Group is every connection in the group.
func Group(name string) Target { return Target{kind: toGroup, name: name} }

// Any is every connection that at least one of the targets names. One that several of them name gets a message once. Who is
// excepted in one of the targets is excepted from them all. The slice is used until the call that is given the target
// returns.
func Any(targets ...Target) Target { return Target{kind: toAny, list: targets} }

// Except returns the target without the connections of these uids, in place of an exception it had before. Uids that
// nobody has do no harm. It costs a look at each of these connections. The slice is used until the call that is given the target returns.
func (t Target) Except(uids ...string) Target {
	t.except = uids
	return t
}

// size counts what the target names and what it excepts.
func (t *Target) size() (named, except int) {
	except = len(t.except)
	if t.kind != toAny {
		return 1, except
	}
	named = len(t.list)
	for i := range t.list {
		n, e := t.list[i].size()
		named += n
		except += e
	}
	return named, except
}

// excepted adds the uids that a target leaves out to a set, which is nil while there are none.
func excepted(set map[string]bool, t *Target) map[string]bool {
	if set == nil && len(t.except) > 0 {
		set = make(map[string]bool, len(t.except))
	}
	for _, uid := range t.except {
		set[uid] = true
	}
	for i := range t.list {
		set = excepted(set, &t.list[i])
	}
	return set
}
