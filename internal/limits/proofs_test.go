package limits

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// proofs are the tests that show each limit, by its option or by what is limited: that it happens at the limit and not before, what the
// peer is told, the count, and that others notice nothing.
var proofs = map[string]string{
	"engine.Options.MaxConnections":             "engine TestMaxConnectionsInAll",
	"engine.ListenOptions.MaxConnections":       "engine TestMaxConnectionsOfAListener",
	"engine.ListenOptions.MaxPerAddress":        "engine TestMaxPerAddress TestLoopbackIsExempt TestProxiedAddressLimits",
	"engine.ListenOptions.AddressRate":          "engine TestAddressRate TestAddressRateAtAListener TestProxiedAddressRate",
	"engine.ListenOptions.ProxyTimeout":         "engine TestProxyTimeout",
	"length of a PROXY header, version 2":       "engine TestMalformedProxyHeaders TestProxyProtocolMalformed",
	"descriptors of the system":                 "engine TestDescriptorLimit TestAcceptPausesForWantOfDescriptors",
	"engine.TLSOptions.HandshakeTimeout":        "engine TestTLSHandshakeTimeout TestTLSHandshakeThatStalls; cmd/demo TestAttackSlowTLS",
	"engine.TLSOptions.MaxHandshakes":           "engine TestRoom TestTLSSilentPeersGiveWay TestTLSCrowd",
	"engine.TLSOptions.MaxHandshakesPerAddress": "engine TestRoom TestAddressGroups",
	"encrypted bytes ahead of the kernel":       "engine TestTLSAheadOfTheKernel",
	"engine.ListenOptions.MessageRate": "engine TestMessageRatePauses TestMessageRateCloses TestExempt TestPaceAllocatesNothing TestPausedShareATimer; codec/text TestServerTooFast TestServerPausesTheFast; " +
		"codec/websocket TestServerTooFast TestServerPausesTheFast TestPausedForHasteIsNotGone; codec/http TestServerTooFast TestServerPausesTheFast; cmd/demo TestMessageRate TestStandardMessageRate",
	"engine.ListenOptions.ByteRate":                            "engine TestByteRate; codec/websocket TestOpeningTooFast; codec/http TestServerTooManyBytes",
	"messages of one connection before others have their turn": "engine TestTurnOf64 TestTurnsAreTakenInTurn",
	"engine.ListenOptions.MaxUnfinished":                       "engine TestUnfinishedMessage",
	"bytes that a loop has not offered to the kernel":          "engine TestPublisherIsHeldWhileTheLoopIsBehind TestCrowdedInboxHoldsPublishers; cmd/demo TestFastBackEndIsHeldBack",
	"engine.ListenOptions.MaxOutbox":                           "engine TestSlowConsumer TestDropNewest TestDropOldest TestConflate TestOwnAnswersPauseReading; codec/websocket TestSlowConsumer; cmd/demo TestStuckPage",
	"engine.Options.MaxMemory":                                 "engine TestSlowPeersSpendTheMemory TestHalvesSpendTheMemory TestMemoryCutsOff TestSpentMemoryPausesAccepting; codec/websocket TestServerOutOfMemory; codec/http TestServerOutOfMemory; codec/text TestServerOutOfMemory; cmd/demo TestMaxMemory",
	"engine.ListenOptions.UserTimeout":                         "engine TestUserTimeout; engine TestUserTimeoutOfPublishers; cmd/demo TestAttackHalfOpen",
	"engine.ListenOptions.KeepAlive":                           "engine TestKeepAlive",
	"engine.ListenOptions.Linger":                              "engine TestLingerTime TestPeerThatNeverReadsIsCut TestSlowPeerThatReadsIsNotCut",
	"engine.Options.DrainTimeout":                              "engine TestRunDrainTimeout",
	"engine.Options.Workers":                                   "engine TestOffloadIsBounded",
	"engine.Options.OffloadQueue":                              "engine TestOffloadIsBounded",
	"websocket.Server.HandshakeTimeout":                        "codec/websocket TestServerHandshakeTimeout TestServerStatsOfTimeouts; cmd/demo TestAttackSlowHandshake",
	"websocket.Server.BindTimeout":                             "engine TestAwaitAttach TestAwaitAttachMemory; codec/websocket TestBindTimeout; cmd/demo TestBindTimeout",
	"websocket.Server.PingInterval":                            "codec/websocket TestPings TestPingTimer TestPingsAllocateNothing",
	"websocket.Server.MaxMessage":                              "codec/websocket TestMessageLimit TestServerMaxMessage TestAnnouncedLengthIsRefusedAtTheHeader TestMaxMessageIsOfTheInflated TestServerStats",
	"empty fragments of a message":                             "codec/websocket TestEmptyFragments; cmd/demo TestAttackTinyFragments",
	"bytes of a Ping, Pong or Close":                           "codec/websocket TestControlFrames TestServerBreaches",
	"websocket.Server.CloseTimeout":                            "codec/websocket TestServerCloseTimeout TestServerStatsOfTimeouts",
	"http.Limits.RequestLine":                                  "codec/http TestLimits TestServerRefuses; codec/websocket TestServerMaxHead",
	"http.Limits.Head":                                         "codec/http TestLimits TestServerRefuses; cmd/demo TestAttackOversized",
	"http.Limits.Fields":                                       "codec/http TestLimits TestServerRefuses",
	"http.Server.HeadTimeout":                                  "codec/http TestServerTimeouts TestServerTimesProgress; cmd/demo TestAttackSlowHead",
	"http.Server.MaxBody":                                      "codec/http TestServerRefuses TestBodyAtTheLimits",
	"http.Server.BodyTimeout":                                  "codec/http TestServerTimeouts TestServerTimesProgress TestStreamStalled; cmd/demo TestAttackSlowBody",
	"http.Server.MinBodyRate":                                  "codec/http TestServerMinBodyRate",
	"bytes of a line before a chunk":                           "codec/http TestBodyRefuses TestBodyAtTheLimits",
	"bytes of chunk extensions more than data":                 "codec/http TestBodyRefuses",
	"bytes of a body that nobody waits for":                    "codec/http TestServerDiscards",
	"http.Server.IdleTimeout":                                  "codec/http TestServerTimeouts TestServerWaitsForAnswers",
	"http.Server.MaxPipelined":                                 "codec/http TestServerMaxPipelined TestServerMaxPipelinedOne",
	"http.Server.MaxWriteAhead":                                "codec/http TestStreamBackpressure TestMountSlowClient",
	"http.Server.Workers":                                      "codec/http TestMountPoolFull",
	"http.Server.QueueLength":                                  "codec/http TestMountPoolFull",
	"http.Events.Heartbeat":                                    "codec/http TestServerEventsHeartbeat TestServerEventsHeartbeatAllocatesNothing",
	"http.Events.BindTimeout":                                  "codec/http TestEventsBindTimeout",
	"text.Server.MaxLine":                                      "codec/text TestServerTooLong TestDecodeTooLongAtOnce",
	"text.Server.IdleTimeout":                                  "codec/text TestServerIdle TestServerIdleTimer TestServerNeverIdle; cmd/demo TestTextIdle",
	"text.Server.AuthTimeout":                                  "codec/text TestAuthTimeout",
	"bytes of a line before that":                              "codec/text TestAuthLongLine",
	"lines that wait for an answer that is owed":               "codec/text TestServerHoldsReading",
	"identity.Door.FirstToken":                                 "identity TestDoorFirstTokenLate TestDoorWithoutFirstToken",
	"identity.Verifier.MaxToken":                               "identity TestVerifyOptions",
	"identity.Backend.Timeout":                                 "identity TestBackendSlow TestDoorBackendTooLate",
	"identity.Backend.MaxConcurrent":                           "identity TestBackendBounds",
	"identity.Backend.MaxWaiting":                              "identity TestBackendBounds",
	"identity.Backend.MaxCached":                               "identity TestBackendCache",
	"identity.Backend.MaxPerAddress":                           "identity TestBackendPerAddress TestBackendAnyAddress",
	"hub.Options.MaxName":                                      "hub TestNameAndGroupLimits; cmd/demo TestGroupLimits",
	"hub.Options.MaxGroups":                                    "hub TestNameAndGroupLimits; cmd/demo TestGroupLimits",
	"hub.Options.MaxMessage":                                   "hub TestInvalid; hubapi TestRefused",
	"hub.Options.MaxTargets":                                   "hub TestInvalid",
	"entries of a page of a list":                              "hub TestLists",
	"bytes of a plain line":                                    "hubapi TestParseLine",
	"bytes of a command":                                       "hubapi TestIsCommand",
	"uids or groups in one list":                               "hubapi TestLongList",
	"pushes of a batch":                                        "hubapi TestLongBatch",
	"entries of a page of a list that is asked for":            "hubapi TestCommands TestPagesOfLists",
	"bytes of a message's key":                                 "hubapi TestCommands",
}

// Each limit has a test, and each test that is named is there.
func TestProofs(t *testing.T) {
	told := map[string]bool{}
	for _, r := range Rows(t) {
		key := r.Option
		if key == "" {
			key = r.Limit
		}
		told[key] = true
		if proofs[key] == "" {
			t.Errorf("nothing shows the limit %s", key)
		}
	}
	tests := map[string]map[string]bool{}
	for limit, of := range proofs {
		if !told[limit] {
			t.Errorf("there is no limit %s", limit)
		}
		for part := range strings.SplitSeq(of, "; ") {
			dir, names, _ := strings.Cut(part, " ")
			if tests[dir] == nil {
				tests[dir] = testsOf(t, dir)
			}
			for name := range strings.SplitSeq(names, " ") {
				if !tests[dir][name] {
					t.Errorf("%s: there is no %s in %s", limit, name, dir)
				}
			}
		}
	}
}

var testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)

// testsOf are the names of a package's tests.
func testsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), filepath.FromSlash(dir), "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %d files", dir, err, len(files))
	}
	names := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range testFunc.FindAllSubmatch(text, -1) {
			names[string(found[1])] = true
		}
	}
	return names
}

func TestSpelling(t *testing.T) {
	for got, want := range map[string]string{
		Count(0): "none", Count(-1): "none", Count(1): "1", Count(999): "999", Count(1000): "1,000", Count(1 << 20): "1,048,576",
		Bytes(0): "none", Bytes(125): "125 bytes", Bytes(8 << 10): "8 KiB", Bytes(5 << 20): "5 MiB", Bytes(1<<20 + 1): "1,048,577 bytes",
		Period(-1): "none", Period(75 * time.Second): "75 s", Period(24 * time.Hour): "24 h", Period(1500 * time.Millisecond): "1,500 ms",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
