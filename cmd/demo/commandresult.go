package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"fanloop/hub"
)

// A result is what a command answers.
type result interface{ failed() bool }

// failure is in every result: the reason why the answer is fail, or "".
type failure struct {
	Error string `json:"error,omitempty"`
}

func (f failure) failed() bool { return f.Error != "" }

// nobodyThere is why what named nobody fails.
const nobodyThere = "nobody there"

type pushResult struct {
	failure
	Taken   int `json:"taken"`
	Refused int `json:"refused"`
}

// countResult tells how many connections something was done to.
type countResult struct {
	failure
	Connections int `json:"connections"`
}

// orNobody is r, which fails for nobody when it has no reason of its own.
func (r countResult) orNobody() countResult {
	if r.Connections == 0 && !r.failed() {
		r.Error = nobodyThere
	}
	return r
}

type onlineResult struct {
	failure
	Online any `json:"online"` // a bool, or a map of them by uid
}

type totalsResult struct {
	failure
	Connections int `json:"connections"`
	UIDs        int `json:"uids"`
	Groups      int `json:"groups"`
}

type uidsResult struct {
	failure
	UIDs   []string `json:"uids"`
	Cursor string   `json:"cursor,omitempty"`
}

type groupsResult struct {
	failure
	Groups []string `json:"groups"`
	Cursor string   `json:"cursor,omitempty"`
}

// encode makes the line of a result. JSON has no line ends of its own, so it is one line whatever stands in it.
func encode(r result) []byte {
	var line bytes.Buffer
	line.WriteString("ok ")
	if r.failed() {
		line.Reset()
		line.WriteString("fail ")
	}
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil { // these types can be encoded
		panic(fmt.Sprintf("%T: %v", r, err))
	}
	return bytes.TrimSuffix(line.Bytes(), []byte{'\n'})
}

// reason is one of the hub's errors as a back end is told.
func reason(err error) string {
	switch {
	case errors.Is(err, hub.ErrTooLarge):
		return "message larger than 1 MiB"
	case errors.Is(err, hub.ErrNameTooLong):
		return "group: longer than 1024 bytes"
	case errors.Is(err, hub.ErrTooManyGroups):
		return "in 1000 groups already"
	}
	return err.Error()
}
