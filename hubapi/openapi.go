package hubapi

import (
	"bytes"
	_ "embed" // openapi.json
	"encoding/json"
)

// openAPI describes the API (OpenAPI 3.1). A test holds it against the server.
//
//go:embed openapi.json
var openAPI []byte

// description is openAPI for an API below a prefix.
func description(prefix string) []byte {
	if prefix == "" {
		return openAPI
	}
	url, _ := json.Marshal(prefix) // strings can be expressed
	return bytes.Replace(openAPI, []byte(`"servers": [{"url": "/"}]`), append(append([]byte(`"servers": [{"url": `), url...), `}]`...), 1)
}
