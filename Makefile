# The words of every day are fmt, lint, test and bench; `make build` writes bin/fanloop.

GOFMT = $(shell go env GOROOT)/bin/gofmt
FUZZTIME ?= 60s

.PHONY: build fmt lint test fuzz bench

build:
	go build -o bin/fanloop ./cmd/demo

fmt:
	$(GOFMT) -w .

# The engine is for Linux; everything must still compile elsewhere, and the codecs on 32 bits.
lint:
	@unformatted=$$($(GOFMT) -l .) && test -z "$$unformatted" || { echo "$$unformatted"; echo 'run make fmt'; exit 1; }
	go vet ./...
	go vet -tags poll_opt ./...
	GOOS=darwin go vet ./...
	GOOS=windows go vet ./...
	GOARCH=386 CGO_ENABLED=0 go vet ./...
	cd e2e && go vet ./...

# What the machine lacks is left out, and named at the end with how to get it; with FANLOOP_REQUIRE_TOOLS=1 that is a failure.
test:
	@go run ./internal/testreport . e2e

# fuzz runs each fuzz target for FUZZTIME.
fuzz:
	@for p in $$(go list ./...); do \
		targets=$$(go test -list '^Fuzz' $$p) || { echo "$$targets"; exit 1; }; \
		for f in $$(echo "$$targets" | grep '^Fuzz'); do \
			echo "$$p $$f"; go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$p || exit 1; \
		done; \
	done

bench:
	go test -run '^$$' -bench . -benchmem ./...
