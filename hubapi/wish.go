package hubapi

// A Wish is what a page may ask for after it has said its uid, where pages may.
type Wish struct {
	Group string
	Leave bool // out of the group, not into it
}

var wishKeys = [...]string{"join", "leave"}

// ParseWish reads {"join":"g"} or {"leave":"g"}, by the rules of a back end's plain line: the message is one JSON object in UTF-8 of
// at most 1 MiB, the group a string that is not empty, or an integer. Both in one message are an error; other members are let
// pass. The result holds nothing of the message.
func ParseWish(message []byte) (Wish, error) {
	var values [len(wishKeys)][]byte
	if err := pick(message, wishKeys[:], values[:]); err != nil {
		return Wish{}, err
	}
	join, leave := values[0], values[1]
	value := join
	switch {
	case join == nil && leave == nil:
		return Wish{}, errNoTarget
	case join != nil && leave != nil:
		return Wish{}, errDoubled
	case join == nil:
		value = leave
	}
	group, ok := identifier(value)
	if !ok {
		return Wish{}, errBadTarget
	}
	return Wish{Group: group, Leave: join == nil}, nil
}
