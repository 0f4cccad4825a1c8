# The words of every day are fmt, lint, test and bench; `make build` writes bin/fanloop.

GOFMT = $(shell go env GOROOT)/bin/gofmt
FUZZTIME ?= 60s
FUZZJOBS ?= 1
FUZZWORKERS = $(shell expr \( $$(nproc) + $(FUZZJOBS) - 1 \) / $(FUZZJOBS))
SOAKTIME ?= 10m

.PHONY: build fmt lint staticcheck vuln test test32 fuzz soak bench module

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
	cd bench/rivals && go vet ./...

# The versions are pinned: what a newer one finds comes with the commit that takes it.
staticcheck:
	@for dir in . e2e bench/rivals; do \
		(cd $$dir && go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...) || exit 1; \
	done

# vuln asks vuln.go.dev which known vulnerabilities the code reaches; the gate does not need the net for what it checks.
vuln:
	@for dir in . e2e bench/rivals; do \
		(cd $$dir && go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...) || exit 1; \
	done

# What the machine lacks is left out, and named at the end with how to get it; with FANLOOP_REQUIRE_TOOLS=1 that is a failure.
# A flood of ten million lines is too much for the race detector.
# gnet's own tag changes its poller, and with it the engine; its pointers do not pass the race detector's checks.
test:
	@go run ./internal/testreport . e2e
	@go test -count=1 -timeout=30m -tags poll_opt ./engine ./codec/text
	@go test -count=1 -timeout=30m -run Flood ./cmd/demo

# test32 is for lengths: what fits int64 here does not there. It wants a machine that runs 386 programs, as every amd64 one does.
test32:
	@GOARCH=386 CGO_ENABLED=0 go test -count=1 ./codec/... ./hub ./hubapi

# fuzz runs each fuzz target for FUZZTIME, FUZZJOBS of them at a time. Before Go 1.27 one may fail only because its time is over
# (go.dev/issue/75804): that says nothing but "context deadline exceeded", and has no input that fails.
fuzz:
	@all=$$(for p in $$(go list ./...); do \
		targets=$$(go test -list '^Fuzz' $$p) || { echo "$$targets" >&2; exit 1; }; \
		echo "$$targets" | sed -n "s|^Fuzz|$$p &|p"; \
	done) || exit 1; \
	echo "$$all" | xargs -n 2 -P $(FUZZJOBS) sh -c ' \
		out=$$(go test -run "^\$$" -fuzz "^$$1\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x -parallel $(FUZZWORKERS) $$0 2>&1) || { \
			echo "$$out" | grep -A 1 "^--- FAIL" | grep -qx "    context deadline exceeded" && \
			! echo "$$out" | grep -qi "panic\|failing input\|failure while" || { echo "$$out"; exit 255; }; \
		}; \
		echo "$$0 $$1 $$(echo "$$out" | sed -n "s/.*\(execs: [0-9]*\).*/\1/p" | tail -n 1)"'

# soak runs the demo under everything at once for SOAKTIME, hours if you like, and a minute more. RACE=-race has the race detector in both
# server and clients; SOAKFLAGS are more of its flags, such as a -seed.
soak:
	go run $(RACE) ./soak $(RACE) -duration $(SOAKTIME) $(SOAKFLAGS)

bench:
	go test -run '^$$' -bench . -benchmem ./...

# make module PATH=example.com/x gives the module another name. PATH is the shell's too, which would find nothing there: the recipe
# gets the real one back from make's own environment.
module:
	@PATH="$$(command -p tr '\0' '\n' </proc/$$PPID/environ | command -p sed -n 's/^PATH=//p')"; export PATH; \
	go run ./internal/modulename '$(PATH)'
