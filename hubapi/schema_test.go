package hubapi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// schemas checks values against the part of JSON Schema (2020-12) that openapi.json uses. What it does not know is an error, so that nothing in the file
// is believed to have been checked that was not.
type schemas struct{ root map[string]any }

// annotations say nothing of what is valid.
var annotations = []string{"description", "default", "contentEncoding", "x-lines"}

// check returns why a value does not match a schema, or nil.
func (s schemas) check(schema, value any) error {
	if schema == false {
		return fmt.Errorf("%v must not be there", value)
	}
	rules, ok := schema.(map[string]any)
	if !ok {
		return fmt.Errorf("a schema is %v", schema)
	}
	for name, rule := range rules {
		if slices.Contains(annotations, name) {
			continue
		}
		if err := s.rule(name, rule, rules, value); err != nil {
			return err
		}
	}
	return nil
}

func (s schemas) rule(name string, rule any, rules map[string]any, value any) error {
	switch name {
	case "$ref":
		return s.check(s.resolve(rule.(string)), value)
	case "type":
		return checkType(rule.(string), value)
	case "const":
		return unless(reflect.DeepEqual(value, rule), "%v is not %v", value, rule)
	case "enum":
		is := func(one any) bool { return reflect.DeepEqual(value, one) }
		return unless(slices.ContainsFunc(rule.([]any), is), "%v is none of %v", value, rule)
	case "oneOf", "anyOf", "allOf":
		return s.combined(name, rule.([]any), value)
	case "minimum", "maximum", "minLength", "maxLength", "maxItems":
		return checkBound(name, rule.(float64), value)
	case "pattern":
		text, isText := value.(string)
		return unless(!isText || regexp.MustCompile(rule.(string)).MatchString(text), "%q is not as %s", text, rule)
	case "items":
		return s.items(rule, value)
	case "required", "properties", "additionalProperties":
		return s.members(name, rule, rules, value)
	}
	return fmt.Errorf("the keyword %s is not known", name)
}

// resolve follows a reference within the file.
func (s schemas) resolve(ref string) any {
	var at any = s.root
	for _, name := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		at = at.(map[string]any)[name]
	}
	if at == nil {
		panic("nothing at " + ref)
	}
	return at
}

func (s schemas) combined(name string, all []any, value any) error {
	matches := 0
	var why []string
	for _, one := range all {
		if err := s.check(one, value); err != nil {
			why = append(why, err.Error())
		} else {
			matches++
		}
	}
	switch {
	case name == "oneOf" && matches == 1, name == "anyOf" && matches > 0, name == "allOf" && matches == len(all):
		return nil
	}
	return fmt.Errorf("%s: %d match, the others: %s", name, matches, strings.Join(why, "; "))
}

func (s schemas) items(rule, value any) error {
	list, _ := value.([]any)
	for i, one := range list {
		if err := s.check(rule, one); err != nil {
			return fmt.Errorf("%d: %w", i, err)
		}
	}
	return nil
}

func (s schemas) members(name string, rule any, rules map[string]any, value any) error {
	object, isObject := value.(map[string]any)
	if !isObject {
		return nil
	}
	known, _ := rules["properties"].(map[string]any)
	switch name {
	case "required":
		for _, member := range rule.([]any) {
			if _, has := object[member.(string)]; !has {
				return fmt.Errorf("%s is missing", member)
			}
		}
	case "properties":
		for member, schema := range known {
			if v, has := object[member]; has {
				if err := s.check(schema, v); err != nil {
					return fmt.Errorf("%s: %w", member, err)
				}
			}
		}
	case "additionalProperties":
		for member := range object {
			if _, has := known[member]; !has && rule == false {
				return fmt.Errorf("%s is not a property", member)
			}
		}
	}
	return nil
}

func checkType(want string, value any) error {
	is := ""
	switch v := value.(type) {
	case map[string]any:
		is = "object"
	case []any:
		is = "array"
	case string:
		is = "string"
	case bool:
		is = "boolean"
	case float64:
		is = "number"
		if v == float64(int64(v)) && want == "integer" {
			is = "integer"
		}
	}
	return unless(is == want, "%v is no %s", value, want)
}

func checkBound(name string, bound float64, value any) error {
	var n float64
	switch v := value.(type) {
	case string:
		n = float64(utf8.RuneCountInString(v))
	case []any:
		n = float64(len(v))
	case float64:
		n = v
	default:
		return nil
	}
	least := strings.HasPrefix(name, "min")
	return unless(least && n >= bound || !least && n <= bound, "%v breaks %s %v", value, name, bound)
}

func unless(fine bool, format string, args ...any) error {
	if fine {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func parsed(text []byte) (value any, err error) {
	err = json.Unmarshal(text, &value)
	return value, err
}
