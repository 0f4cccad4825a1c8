package hubapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"fanloop/hub"
)

// A result is what came of a request: what it counts or lists, and why it failed.
type result struct {
	failure failure
	body    any // encodes as a JSON object; nil when nothing was tried
}

// failure is the reason why a request fails. Its kind is that of HTTP's status codes; zero is none.
type failure struct {
	status int
	reason string
}

// The kinds of failures (RFC 9110 15.5).
const (
	statusOK       = 200
	statusMistaken = 400
	statusNobody   = 404
	statusLimit    = 409
	statusTooLarge = 413
)

// nobodyThere is why what named nobody fails.
var nobodyThere = failure{statusNobody, "nobody there"}

func (f failure) failed() bool { return f.status != 0 }

// The bodies of results, beside those that only one request has.
type (
	verdict struct {
		Taken   int `json:"taken"`
		Refused int `json:"refused"`
	}
	// counted tells how many connections something was done to, or there are.
	counted struct {
		Connections int `json:"connections"`
	}
	uidPage struct {
		UIDs   []string `json:"uids"`
		Cursor string   `json:"cursor,omitempty"`
	}
)

// reached is the result of having visited so many connections; why is what went wrong with one of them.
func reached(visited int, why failure) result {
	if visited == 0 && !why.failed() {
		why = nobodyThere
	}
	return result{why, counted{visited}}
}

// line is the result as the text port has it: ok or fail, a space, and an object. JSON has no line ends of its own, so it is one
// line whatever stands in it.
func (r result) line() []byte {
	if !r.failure.failed() {
		return append([]byte("ok "), encode(r.body)...)
	}
	object := encode(struct {
		Error string `json:"error"`
	}{r.failure.reason})
	return append([]byte("fail "), r.beside(object)...)
}

// beside puts the members of the result's body into an object that has some, behind them.
func (r result) beside(object []byte) []byte {
	if r.body == nil {
		return object
	}
	object[len(object)-1] = ','
	return append(object, encode(r.body)[1:]...)
}

// encode makes JSON of one of this package's own types. A push's verdict, of which there are many, is spelled here.
func encode(object any) []byte {
	if v, is := object.(verdict); is {
		text := strconv.AppendInt(append(make([]byte, 0, 48), `{"taken":`...), int64(v.Taken), 10)
		text = strconv.AppendInt(append(text, `,"refused":`...), int64(v.Refused), 10)
		return append(text, '}')
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(object); err != nil { // they can be encoded
		panic(fmt.Sprintf("%T: %v", object, err))
	}
	return bytes.TrimSuffix(text.Bytes(), []byte{'\n'})
}

// mistake is the failure of a request that cannot be read.
func mistake(err error) failure {
	if err == errTooLarge || err == errTooLong || err == errLongBatch {
		return failure{statusTooLarge, err.Error()}
	}
	return failure{statusMistaken, err.Error()}
}

// refusal is one of the hub's errors as a back end is told.
func refusal(err error) failure {
	switch err {
	case hub.ErrTooLarge:
		return failure{statusTooLarge, "message too large"}
	case hub.ErrNameTooLong:
		return failure{statusMistaken, "group: name too long"}
	case hub.ErrTooManyGroups:
		return failure{statusLimit, "in too many groups already"}
	}
	return failure{statusMistaken, err.Error()}
}
