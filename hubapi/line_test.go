package hubapi

import (
	"strings"
	"testing"
)

var lineTests = []struct {
	name, line string
	want       target
	err        error
}{
	{name: "uid", line: `{"uid":"u1","percent":50}`, want: target{toUID, "u1"}},
	{name: "the manual's", line: `{"uid":"uid1", "percent":"90%"}`, want: target{toUID, "uid1"}},
	{name: "group", line: `{"group":"g"}`, want: target{toGroup, "g"}},
	{name: "all", line: `{"all":true}`, want: target{kind: toAll}},
	{name: "space everywhere", line: " \t{ \"uid\" \r:\t \"u1\" , \"x\" : [ 1 , 2 ] } ", want: target{toUID, "u1"}},
	{name: "key behind others", line: `{"a":1,"b":"}","c":[{"uid":"x"}],"d":{"group":"y"},"e":null,"f":-1.5e3,"uid":"u1"}`, want: target{toUID, "u1"}},
	{name: "tricky strings", line: `{"a":"\"","b":"\\","c":"\\\",\"uid\":\"x","":"","uid":"u1"}`, want: target{toUID, "u1"}},
	{name: "Chinese", line: `{"uid":"使用者1","text":"你好"}`, want: target{toUID, "使用者1"}},
	{name: "the uid zero", line: `{"uid":"0"}`, want: target{toUID, "0"}},

	{name: "uid before group and all", line: `{"all":true,"group":"g","uid":"u1"}`, want: target{toUID, "u1"}},
	{name: "group before all", line: `{"all":true,"group":"g"}`, want: target{toGroup, "g"}},
	{name: "the first decides, the others are the application's", line: `{"uid":"u1","group":[],"all":false}`, want: target{toUID, "u1"}},
	{name: "invalid uid before a valid group", line: `{"uid":null,"group":"g"}`, err: errBadTarget},
	{name: "invalid group before a valid all", line: `{"group":"","all":true}`, err: errBadTarget},

	{name: "integer", line: `{"uid":7}`, want: target{toUID, "7"}},
	{name: "negative integer", line: `{"uid":-7}`, want: target{toUID, "-7"}},
	{name: "zero", line: `{"uid":0}`, want: target{toUID, "0"}},
	{name: "large integer", line: `{"uid":123456789012345678901234567890}`, want: target{toUID, "123456789012345678901234567890"}},
	{name: "integer group", line: `{"group":12}`, want: target{toGroup, "12"}},
	{name: "negative zero", line: `{"uid":-0}`, err: errBadTarget},
	{name: "negative zero as a string", line: `{"uid":"-0"}`, want: target{toUID, "-0"}},
	{name: "fraction", line: `{"uid":7.0}`, err: errBadTarget},
	{name: "exponent", line: `{"uid":1e3}`, err: errBadTarget},
	{name: "exponent in capitals", line: `{"uid":1E3}`, err: errBadTarget},
	{name: "leading zero", line: `{"uid":07}`, err: errNotObject},
	{name: "plus", line: `{"uid":+7}`, err: errNotObject},

	{name: "empty uid", line: `{"uid":""}`, err: errBadTarget},
	{name: "null", line: `{"uid":null}`, err: errBadTarget},
	{name: "true", line: `{"uid":true}`, err: errBadTarget},
	{name: "what killed the original", line: `{"uid":["x"]}`, err: errBadTarget},
	{name: "object", line: `{"uid":{"uid":"x"}}`, err: errBadTarget},
	{name: "group of the wrong type", line: `{"group":["a","b"]}`, err: errBadTarget},
	{name: "all false", line: `{"all":false}`, err: errBadTarget},
	{name: "all null", line: `{"all":null}`, err: errBadTarget},
	{name: "all as a string", line: `{"all":"true"}`, err: errBadTarget},
	{name: "all as a number", line: `{"all":1}`, err: errBadTarget},
	{name: "nothing", line: `{}`, err: errNoTarget},
	{name: "nothing at the top", line: `{"data":{"uid":"u1"},"x":["uid","u1"]}`, err: errNoTarget},

	{name: "another case", line: `{"All":true,"UID":"u1","Group":"g"}`, err: errNoTarget},
	{name: "another case beside it", line: `{"Uid":"x","uid":"u1"}`, want: target{toUID, "u1"}},
	{name: "escaped name", line: `{"\u0075id":"u1"}`, want: target{toUID, "u1"}},
	{name: "name all escaped", line: `{"\u0067\u0072\u006f\u0075\u0070":"g"}`, want: target{toGroup, "g"}},
	{name: "name that only begins so", line: `{"uidx":"u1","ui":"u1","uid\u0000":"u1"}`, err: errNoTarget},
	{name: "name that cannot be", line: `{"uid\ud800":"x","group":"g"}`, want: target{toGroup, "g"}},
	{name: "escaped uid", line: `{"uid":"\u4f7f\"\\\/\b\f\n\r\t\u00E9"}`, want: target{toUID, "使\"\\/\b\f\n\r\té"}},
	{name: "surrogate pair", line: `{"uid":"\ud83d\ude00!"}`, want: target{toUID, "😀!"}},
	{name: "a character that looks like an error", line: `{"uid":"\ufffd"}`, want: target{toUID, "\ufffd"}},
	{name: "high surrogate alone", line: `{"uid":"\ud83d"}`, err: errBadTarget},
	{name: "low surrogate alone", line: `{"uid":"\ude00"}`, err: errBadTarget},
	{name: "two high surrogates", line: `{"uid":"\ud83d\ud83d"}`, err: errBadTarget},
	{name: "surrogates the wrong way round", line: `{"group":"\ude00\ud83d"}`, err: errBadTarget},
	{name: "surrogate before another escape", line: `{"uid":"\ud83d\n12345"}`, err: errBadTarget},
	{name: "surrogate alone elsewhere", line: `{"uid":"u1","x":"\ud83d"}`, want: target{toUID, "u1"}},

	{name: "doubled uid", line: `{"uid":"u1","uid":"u1"}`, err: errDoubled},
	{name: "doubled in another spelling", line: `{"uid":"u1","\u0075id":"u2"}`, err: errDoubled},
	{name: "doubled all behind a uid", line: `{"uid":"u1","all":true,"all":true}`, err: errDoubled},
	{name: "doubled invalid group behind a uid", line: `{"uid":"u1","group":{},"group":[]}`, err: errDoubled},
	{name: "doubled name of the application's", line: `{"uid":"u1","x":1,"x":2}`, want: target{toUID, "u1"}},
	{name: "reserved", line: `{"uid":"u1","$cmd":"kick"}`, err: errReserved},
	{name: "reserved, below the top", line: `{"uid":"u1","data":{"$cmd":"kick"}}`, want: target{toUID, "u1"}},

	{name: "empty line", line: ``, err: errNotObject},
	{name: "space", line: ` `, err: errNotObject},
	{name: "not JSON", line: `hello`, err: errNotObject},
	{name: "single quotes", line: `{'uid':'u1'}`, err: errNotObject},
	{name: "array", line: `[{"uid":"u1"}]`, err: errNotObject},
	{name: "string", line: `"uid"`, err: errNotObject},
	{name: "number", line: `7`, err: errNotObject},
	{name: "unfinished", line: `{"uid":"u1"`, err: errNotObject},
	{name: "trailing garbage", line: `{"uid":"u1"}x`, err: errNotObject},
	{name: "two objects", line: `{"uid":"u1"}{"uid":"u1"}`, err: errNotObject},
	{name: "trailing comma", line: `{"uid":"u1",}`, err: errNotObject},
	{name: "comment", line: `{"uid":"u1"/**/}`, err: errNotObject},
	{name: "byte order mark", line: "\xef\xbb\xbf" + `{"uid":"u1"}`, err: errNotObject},
	{name: "control character", line: "{\"uid\":\"u\x01\"}", err: errNotObject},
	{name: "zero byte", line: "{\"uid\":\"u1\"}\x00", err: errNotObject},
	{name: "bad UTF-8 in the uid", line: "{\"uid\":\"u\xff\"}", err: errNotObject},
	{name: "bad UTF-8 elsewhere", line: "{\"uid\":\"u1\",\"x\":\"\xed\xa0\x80\"}", err: errNotObject},
	{name: "bad UTF-8 in a name", line: "{\"uid\":\"u1\",\"\xc0\xaf\":1}", err: errNotObject},
	{name: "bad escape", line: `{"uid":"\x"}`, err: errNotObject},

	{name: "deep", line: `{"x":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `,"uid":"u1"}`, want: target{toUID, "u1"}},
	{name: "too deep", line: `{"x":` + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + `,"uid":"u1"}`, err: errNotObject},
	{name: "deep and unfinished", line: strings.Repeat(`{"uid":`, 100000), err: errNotObject},
	{name: "largest", line: `{"uid":"u1","x":"` + strings.Repeat("x", maxLine-len(`{"uid":"u1","x":""}`)) + `"}`, want: target{toUID, "u1"}},
	{name: "too large", line: `{"uid":"u1","x":"` + strings.Repeat("x", maxLine) + `"}`, err: errTooLarge},
}

func TestParseLine(t *testing.T) {
	for _, test := range lineTests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseLine([]byte(test.line))
			if got != test.want || err != test.err {
				t.Errorf("got %v, %v, want %v, %v", got, err, test.want, test.err)
			}
		})
	}
}

func TestParseWish(t *testing.T) {
	tests := []struct {
		message string
		want    Wish
		err     error
	}{
		{message: `{"join":"g"}`, want: Wish{Group: "g"}},
		{message: `{"leave":"g"}`, want: Wish{Group: "g", Leave: true}},
		{message: `{"join":7}`, want: Wish{Group: "7"}},
		{message: `{"\u006aoin":"使用者"}`, want: Wish{Group: "使用者"}},
		{message: `{"join":"g","why":{"leave":"x"}}`, want: Wish{Group: "g"}},
		{message: `{"join":"g","leave":"g"}`, err: errDoubled},
		{message: `{"join":"g","join":"g"}`, err: errDoubled},
		{message: `{"join":""}`, err: errBadTarget},
		{message: `{"leave":["g"]}`, err: errBadTarget},
		{message: `{"leave":null}`, err: errBadTarget},
		{message: `{"join":1.5}`, err: errBadTarget},
		{message: `{"Join":"g"}`, err: errNoTarget},
		{message: `{"uid":"u1"}`, err: errNoTarget},
		{message: `{}`, err: errNoTarget},
		{message: `["join","g"]`, err: errNotObject},
		{message: `hello`, err: errNotObject},
		{message: ``, err: errNotObject},
		{message: "{\"join\":\"\xff\"}", err: errNotObject},
		{message: `{"join":"` + strings.Repeat("x", maxLine) + `"}`, err: errTooLarge},
	}
	for _, test := range tests {
		got, err := ParseWish([]byte(test.message))
		if got != test.want || err != test.err {
			t.Errorf("%.80q: got %v, %v, want %v, %v", test.message, got, err, test.want, test.err)
		}
	}
}

func TestParseLineAllocates(t *testing.T) {
	tests := []struct {
		line string
		most float64
	}{
		{line: `{"uid":"u1","data":{"text":"hello","list":[1,2,3]}}`, most: 1},
		{line: `{"all":true,"text":"hello"}`, most: 0},
		{line: `{"\u0061ll":true,"text":"hello"}`, most: 0},
		{line: `{"uid":["x"]}`, most: 0},
		{line: `nonsense`, most: 0},
	}
	for _, test := range tests {
		line := []byte(test.line)
		if n := testing.AllocsPerRun(1000, func() { _, _ = parseLine(line) }); n > test.most+forgetful {
			t.Errorf("%s: %v allocations", line, n)
		}
	}
}

func BenchmarkParseLine(b *testing.B) {
	lines := map[string]string{
		"small": `{"uid":"u1","percent":"90%"}`,
		"large": `{"uid":"u1","items":[` + strings.Repeat(`{"id":12345,"name":"something","tags":["a","b"]},`, 1000) + `{}]}`,
		"text":  `{"text":"` + strings.Repeat("使用者1 ", 2000) + `","all":true}`,
	}
	for name, text := range lines {
		b.Run(name, func(b *testing.B) {
			line := []byte(text)
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parseLine(line); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
