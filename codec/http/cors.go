package http

// CORS says which pages of other origins may read an answer (Fetch Standard 3.2). The zero value lets none, and adds nothing. It
// is set before it is used and not changed afterwards; any goroutine may use it.
type CORS struct {
	// Origins are those whose pages may, such as "https://app.example.com" and "https://*.example.com"; "*" is all.
	Origins []string
	// Credentials lets their requests carry cookies, for origins that are listed by name: a browser does not take "*"
	// for those (Fetch Standard 3.2.5), and whoever allows all of them has not meant the user's cookies.
	Credentials bool
}

// AppendFields appends the fields that an answer to h needs.
func (c *CORS) AppendFields(dst Fields, h *Head) Fields {
	if len(c.Origins) == 0 {
		return dst
	}
	if len(c.Origins) > 1 || c.Origins[0] != "*" {
		dst = append(dst, varyOrigin) // another origin gets another answer
	}
	origin := h.Fields.Get("Origin")
	if origin == nil {
		return dst
	}
	any := false
	for _, o := range c.Origins {
		if matchesOrigin(o, origin) {
			return c.appendNamed(dst, origin)
		}
		any = any || o == "*"
	}
	if any {
		dst = append(dst, allowAnyOrigin)
	}
	return dst
}

// names tells whether the page that h comes from is among the origins.
func (c *CORS) names(h *Head) bool {
	origin := h.Fields.Get("Origin")
	for _, o := range c.Origins {
		if origin != nil && (o == anyOrigin || matchesOrigin(o, origin)) {
			return true
		}
	}
	return false
}

func (c *CORS) appendNamed(dst Fields, origin []byte) Fields {
	dst = append(dst, Field{allowOrigin, origin})
	if c.Credentials {
		dst = append(dst, allowCredentials)
	}
	return dst
}

// AppendPreflight appends the fields of the answer to h, a browser's question whether it may send a request (OPTIONS with
// Access-Control-Request-Method, Fetch Standard 3.2.2): with the methods, a comma-separated list, and with whatever fields it
// wants to send.
func (c *CORS) AppendPreflight(dst Fields, h *Head, methods string) Fields {
	dst = c.AppendFields(dst, h)
	if !dst.Has(string(allowOrigin)) || !h.Fields.Has("Access-Control-Request-Method") {
		return dst
	}
	dst = append(dst, NewField("Access-Control-Allow-Methods", methods), preflightAge)
	if wanted := h.Fields.Get("Access-Control-Request-Headers"); wanted != nil {
		dst = append(dst, Field{allowHeaders, wanted})
	}
	return dst
}

var (
	varyOrigin       = NewField("Vary", "Origin")
	allowOrigin      = []byte("Access-Control-Allow-Origin")
	allowHeaders     = []byte("Access-Control-Allow-Headers")
	allowAnyOrigin   = Field{allowOrigin, []byte("*")}
	allowCredentials = NewField("Access-Control-Allow-Credentials", "true")
	preflightAge     = NewField("Access-Control-Max-Age", "7200") // browsers ask again after two hours at most
)
