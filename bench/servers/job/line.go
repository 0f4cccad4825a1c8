package job

import "bytes"

// Kind is whom a line is for.
type Kind int

// The kinds of lines.
const (
	Nobody Kind = iota
	One         // {"uid":"u1",...}
	All         // {"all":true,...}
)

var (
	allMember = []byte(`"all":true`)
	uidMember = []byte(`"uid":"`)
)

// Target finds whom a line is for. uid is a part of line.
func Target(line []byte) (kind Kind, uid []byte) {
	if i := bytes.Index(line, uidMember); i >= 0 {
		rest := line[i+len(uidMember):]
		if end := bytes.IndexByte(rest, '"'); end > 0 {
			return One, rest[:end]
		}
		return Nobody, nil
	}
	if bytes.Contains(line, allMember) {
		return All, nil
	}
	return Nobody, nil
}

// Answer is the line that answers a push.
func Answer(taken bool) string {
	if taken {
		return "ok\n"
	}
	return "fail\n"
}
