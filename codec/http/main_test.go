package http

import (
	"testing"

	"fanloop/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }
