//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fanloop/engine"
	"fanloop/internal/peers"
)

func TestSlowPolicies(t *testing.T) {
	for i, name := range slowPolicies {
		s := server{options: options{port: portOptions{slow: name}}}
		if got := s.listenOptions(endpoint{}).Slow; got != engine.SlowPolicy(i) || got.String() != string(name) {
			t.Errorf("-slow %s is %v", name, got)
		}
	}
	if next := engine.SlowPolicy(len(slowPolicies)); next.UnmarshalText([]byte(next.String())) == nil {
		t.Errorf("-slow does not know %v", next)
	}
}

// A page that does not read costs the others nothing, whatever the policy; and what it gets once it reads is what the policy
// says.
func TestStuckPage(t *testing.T) {
	const enough = 20
	for _, policy := range slowPolicies {
		t.Run(string(policy), func(t *testing.T) {
			// As long as the test takes, whatever else the machine does, the page is stuck and nothing else is wrong with it.
			d := start(t, "-slow", string(policy), "-loops", "2", "-user-timeout", "off", "-close-timeout", "5m", "-linger", "5m", "-ping-interval", "off")
			stuck := d.page("stuck")
			var readers []*peers.Page
			for range 4 {
				readers = append(readers, d.page("reader"))
			}
			backend := peers.Connect(t, d.text)
			sent, refusals := 0, []int(nil)
			for happened := uint64(0); happened < enough; happened = d.dropped() {
				if sent == 2000 {
					t.Fatalf("%d messages of 64 KiB, and %d dropped", sent, happened)
				}
				want := numberedText(sent)
				taken, refused := d.pushKeyed(backend, sent, want)
				if taken < len(readers) || refused > 1 || refused == 1 && policy != "close" && policy != "drop-newest" {
					t.Fatalf("message %d: taken by %d, refused by %d", sent, taken, refused)
				}
				if refused == 1 {
					refusals = append(refusals, sent)
				}
				for i, p := range readers {
					if got := p.Next(); got != want {
						t.Fatalf("reader %d: message %d begins %.20q", i, sent, got)
					}
				}
				sent++
				if policy == "close" && d.server.engine.Stats().SlowConsumers == 1 {
					break
				}
			}
			if policy == "close" {
				stats := d.server.engine.Stats()
				texts, code := stuck.Rest()
				for i, text := range texts {
					if text != numberedText(i) {
						t.Errorf("message %d begins %.20q", i, text)
					}
				}
				if code != 1013 || stats.SlowConsumers != 1 || len(texts) == 0 || len(texts) >= sent {
					t.Errorf("code %d behind %d of %d messages, %d slow", code, len(texts), sent, stats.SlowConsumers)
				}
				return
			}
			got := readStuck(t, stuck, backend)
			checkStuck(t, policy, sent, refusals, got, d.server.engine.Stats())
		})
	}
}

// dropped is how often a policy has done something.
func (d *demo) dropped() uint64 {
	s := d.server.engine.Stats()
	return s.DroppedNewest + s.DroppedOldest + s.Conflated
}

func numberedText(n int) string { return fmt.Sprintf("%06d%s", n, strings.Repeat("x", 64<<10)) }

const keys = 4

// pushKeyed pushes to everybody, with one of the keys.
func (d *demo) pushKeyed(backend *peers.Backend, n int, text string) (taken, refused int) {
	answer := backend.Ask(fmt.Sprintf(`{"$cmd":"push","all":true,"key":"k%d","text":%q}`, n%keys, text))
	if _, err := fmt.Sscanf(answer, `ok {"taken":%d,"refused":%d}`, &taken, &refused); err != nil {
		d.t.Fatalf("%q: %v", answer, err)
	}
	return taken, refused
}

// readStuck lets the page read, and returns the numbers of what it got.
func readStuck(t *testing.T, stuck *peers.Page, backend *peers.Backend) (numbers []int) {
	read := make(chan struct{})
	go func() {
		defer close(read)
		for text := stuck.Next(); text != `{"uid":"stuck"}`; text = stuck.Next() {
			n := 0
			if _, err := fmt.Sscanf(text, "%06d", &n); err != nil || text != numberedText(n) {
				t.Errorf("got %.20q, of %d bytes", text, len(text))
			}
			numbers = append(numbers, n)
		}
	}()
	for deadline := time.Now().Add(2 * peers.Bound); backend.Ask(`{"uid":"stuck"}`) != "ok"; {
		if time.Now().After(deadline) {
			t.Fatal("it never has room")
		}
	}
	<-read
	return numbers
}

// checkStuck holds what the page got against what a policy promises. How much the kernel takes, and when it makes room, is its own affair:
// so between what was dropped there may be more that has arrived.
func checkStuck(t *testing.T, policy slowPolicy, sent int, refused, got []int, stats engine.Stats) {
	t.Helper()
	if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
		t.Fatalf("out of order: %v", got)
	}
	if got[0] != 0 || stats.SlowConsumers != 0 {
		t.Errorf("it begins with %d; %+v", got[0], stats)
	}
	var missing []int
	for n := range sent {
		if _, is := slices.BinarySearch(got, n); !is {
			missing = append(missing, n)
		}
	}
	switch policy {
	case "drop-newest": // and the back end was told
		if !slices.Equal(missing, refused) || stats.DroppedOldest+stats.Conflated != 0 {
			t.Errorf("missing are %v, refused were %v; %+v", missing, refused, stats)
		}
	case "drop-oldest":
		if uint64(len(missing)) != stats.DroppedOldest || got[len(got)-1] != sent-1 || stats.DroppedNewest+stats.Conflated != 0 {
			t.Errorf("%d are missing, and the last of %d is %d; %+v", len(missing), sent, got[len(got)-1], stats)
		}
	case "conflate": // of each key the newest is there
		if uint64(len(missing)) != stats.Conflated || slices.Max(missing) >= sent-keys || stats.DroppedNewest+stats.DroppedOldest != 0 {
			t.Errorf("of %d %v are missing; %+v", sent, missing, stats)
		}
	}
}
