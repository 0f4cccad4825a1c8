package job

import "testing"

func TestTarget(t *testing.T) {
	for _, test := range []struct {
		line string
		kind Kind
		uid  string
	}{
		{`{"seq":"00000001","uid":"u0000001","pad":""}`, One, "u0000001"},
		{`{"uid":"","pad":""}`, Nobody, ""},
		{`{"uid":"u1`, Nobody, ""},
		{`{"seq":"00000001","all":true}`, All, ""},
		{`{"all":false}`, Nobody, ""},
		{``, Nobody, ""},
	} {
		if kind, uid := Target([]byte(test.line)); kind != test.kind || string(uid) != test.uid {
			t.Errorf("%s: %v %q, want %v %q", test.line, kind, uid, test.kind, test.uid)
		}
	}
}
