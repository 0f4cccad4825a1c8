package hubapi

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestIsPlainObject(t *testing.T) {
	for _, text := range []string{
		`{"uid":"u1","percent":"88%"}`, " {\t\"all\" :\r true ,\n\"n\": -10 } ", `{"":""}`, `{"a":0,"b":null,"c":false,"d":-0,"e":"使用者 {[,:"}`, "{\"a\":\"\x7f\"}",
	} {
		if !isPlainObject([]byte(text)) {
			t.Errorf("%s is not plain", text)
		}
		for cut := range len(strings.TrimRight(text, " ")) {
			if isPlainObject([]byte(text[:cut])) {
				t.Errorf("%s is whole", text[:cut])
			}
		}
	}
	for _, text := range []string{
		"", " ", "{", "}", "[]", `{}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,"a":1}`, `{"a":1 "b":2}`, `{"a":1}}`, `{"a":1}x`, `{"a":01}`, `{"a":-}`,
		`{"a":1.5}`, `{"a":1e3}`, `{"a":+1}`, `{"a":truefalse}`, `{"a":nul}`, `{"a":"\n"}`, "{\"a\":\"\n\"}", "{\"a\":\"\x00\"}", `{"a":{}}`, `{"a":[]}`,
		`{a:1}`, `{'a':1}`, `{"a":"b}`, `{"a":1,"b"}`, `{"a":--1}`, `{"a":1-}`, "\v{\"a\":1}", "{\"a\":1\x00}",
	} {
		if isPlainObject([]byte(text)) {
			t.Errorf("%q is plain", text)
		}
	}
}

// What is plain is what encoding/json takes too.
func FuzzIsPlainObject(f *testing.F) {
	for _, text := range []string{`{"uid":"u1","percent":"88%"}`, `{"all":true,"n":-1,"z":null}`, `{"a":01}`, `{"a":"\u0041"}`, " { \"a\" : 1 } "} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if isPlainObject(text) && utf8.Valid(text) && !json.Valid(text) {
			t.Errorf("%q is not JSON", text)
		}
	})
}
