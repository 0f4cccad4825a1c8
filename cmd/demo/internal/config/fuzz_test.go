package config

import (
	"strings"
	"testing"
)

// Whatever stands in a file: it is read, or each of its errors names the file, and what is no error is a setting.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{whole, "number = 0\n[a]\nb = 1", "item = ['a', \"\\u0041\", '''\nb''']\r\nname = \"\"\"x\ny\"\"\"",
		"number.a = 1", "\"number\" = 0x3 # c", "[[item]]", "number = 1\nnumber = 2", "name = 'a", "\xef\xbb\xbfnumber = 2", "item = [{a = 1}, [1]]", "'' = 1"} {
		f.Add(seed)
	}
	const path = "a.toml"
	f.Fuzz(func(t *testing.T, text string) {
		p := newProgram()
		p.file = path
		r := &Reading{flags: p.flags, sources: Sources{Prefix: "CONFIGTEST", File: "config"}, places: map[string]string{"config": "-config"}}
		if err := r.readFile(strings.NewReader(text), r.rest().Set); err != nil {
			t.Fatal(err)
		}
		for _, problem := range r.problems {
			if !strings.HasPrefix(problem.Error(), path+":") {
				t.Errorf("%q: %v", text, problem)
			}
		}
		if r.Err() == nil && (p.number < 1 || p.number > 9 || p.size < 1 || p.wait <= 0) {
			t.Errorf("%q: %s", text, p.text())
		}
	})
}
