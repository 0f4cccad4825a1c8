# The four words of every day are fmt, lint, test and bench; `make build` writes bin/fanloop.

# The race detector needs a C compiler: without one the tests run without it, and say so.
RACE := $(shell test "$$(go env CGO_ENABLED)" = 1 && command -v "$$(go env CC)" >/dev/null 2>&1 && echo -race)
FUZZTIME ?= 60s

.PHONY: build fmt lint test fuzz bench

build:
	go build -o bin/fanloop ./cmd/demo

fmt:
	gofmt -w $$(git ls-files '*.go')

# The engine is for Linux; everything must still compile elsewhere, and the codecs on 32 bits.
lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'run make fmt'; exit 1; }
	go vet ./...
	go vet -tags poll_opt ./...
	GOOS=darwin go vet ./...
	GOOS=windows go vet ./...
	GOARCH=386 CGO_ENABLED=0 go vet ./...
	cd e2e && go vet ./...

test:
	@test -n "$(RACE)" || echo 'no C compiler: the tests run without the race detector (apt-get install gcc)'
	go test -json $(RACE) ./... | go run ./internal/testreport
	cd e2e && go test -json ./... | (cd .. && go run ./internal/testreport)

# fuzz runs each fuzz target for FUZZTIME.
fuzz:
	@for p in $$(go list ./...); do \
		for f in $$(go test -list '^Fuzz' $$p | grep '^Fuzz'); do \
			echo "$$p $$f"; go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$p || exit 1; \
		done; \
	done

bench:
	go test -run '^$$' -bench . -benchmem ./...
