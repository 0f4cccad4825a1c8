package http

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// pattern is which requests a route is for: [METHOD ][HOST]/[PATH], as net/http.ServeMux has it since Go 1.22.
type pattern struct {
	text     string // as it was written
	method   string // "" for any
	host     string // in lower case, "" for any
	segments []segment
	names    []string // of the wildcards in their order, "" for the one that a trailing slash is
}

// segment is what stands for one part of the path, from a slash to the next.
type segment struct {
	kind    segmentKind
	literal string // percent-decoded
}

type segmentKind uint8

const (
	literalSegment  segmentKind = iota
	wildcardSegment             // {name}: any one
	restSegment                 // {name...} or a trailing slash: all that is left, also nothing
	endSegment                  // {$}: the path ends with the slash before it
)

// path is the only path that the pattern matches, written without percent-encoding; "" when there are more.
func (p *pattern) path() (path string) {
	for _, s := range p.segments {
		switch {
		case s.kind == endSegment:
			return path + "/"
		case s.kind != literalSegment || strings.ContainsAny(s.literal, "/%"):
			return ""
		}
		path += "/" + s.literal
	}
	return path
}

func (p *pattern) last() segmentKind { return p.segments[len(p.segments)-1].kind }

var (
	errPatternPath     = errors.New("no path, which begins with /")
	errPatternHost     = errors.New("{ in the host: is the / before it missing?")
	errPatternPort     = errors.New("a port in the host, where it is not compared; an IPv6 address stands in []")
	errPatternUnclean  = errors.New("no request can match: paths are cleaned of //, . and .. before")
	errPatternWildcard = errors.New("a wildcard is a whole segment, {name}")
	errPatternEnd      = errors.New("{$} and {name...} stand at the end")
)

func parsePattern(text string) (*pattern, error) {
	p := &pattern{text: text}
	rest := text
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		p.method, rest = text[:i], strings.TrimLeft(text[i+1:], " \t")
		if !IsToken([]byte(p.method)) {
			return nil, fmt.Errorf("method %q is not a token", p.method)
		}
	}
	slash := strings.IndexByte(rest, '/')
	if slash < 0 {
		return nil, errPatternPath
	}
	host, path := rest[:slash], rest[slash:]
	switch {
	case strings.Contains(host, "{"):
		return nil, errPatternHost
	case len(withoutPort([]byte(host))) != len(host):
		return nil, errPatternPort
	}
	if !cleanPath([]byte(path)) {
		return nil, errPatternUnclean
	}
	p.host = string(appendLower(nil, []byte(host)))
	return p, p.parsePath(path)
}

func (p *pattern) parsePath(path string) error {
	parts := strings.Split(path[1:], "/")
	for i, part := range parts {
		s, name, err := parseSegment(part, i == len(parts)-1)
		if err != nil {
			return err
		}
		if name != "" && slices.Contains(p.names, name) {
			return fmt.Errorf("two wildcards {%s}", name)
		}
		p.segments = append(p.segments, s)
		if s.kind == wildcardSegment || s.kind == restSegment {
			p.names = append(p.names, name)
		}
	}
	return nil
}

func parseSegment(part string, last bool) (s segment, name string, err error) {
	switch {
	case part == "": // a clean path has an empty one at its end only
		return segment{kind: restSegment}, "", nil
	case !strings.Contains(part, "{"):
		return segment{literal: unescaped(part)}, "", nil
	case part[0] != '{' || part[len(part)-1] != '}':
		return s, "", errPatternWildcard
	}
	name, multi := strings.CutSuffix(part[1:len(part)-1], "...")
	switch {
	case name == "$" && !multi:
		s.kind, name = endSegment, ""
	case !isIdentifier(name):
		return s, "", fmt.Errorf("%q is not a name", name)
	case multi:
		s.kind = restSegment
	default:
		s.kind = wildcardSegment
	}
	if s.kind != wildcardSegment && !last {
		return s, "", errPatternEnd
	}
	return s, name, nil
}

// isIdentifier: ServeMux asks for a Go identifier.
func isIdentifier(name string) bool {
	for i, c := range name {
		if c != '_' && !unicode.IsLetter(c) && (i == 0 || !unicode.IsDigit(c)) {
			return false
		}
	}
	return name != ""
}

// unescaped decodes "%" triplets; what has others is taken as it is.
func unescaped(s string) string {
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	return s
}
