//go:build linux

package metrics

var (
	identityFamily = by("result", "identities_total", "Clients that showed who they are, or did not.",
		of("admitted", func(s *snapshot) uint64 { return s.identity.Admitted }),
		of("refused", func(s *snapshot) uint64 { return s.identity.Refused - min(s.identity.Stale, s.identity.Refused) }),
		of("stale", func(s *snapshot) uint64 { return s.identity.Stale }),
		of("missing", func(s *snapshot) uint64 { return s.identity.Missing }),
		of("unanswered", func(s *snapshot) uint64 { return s.identity.Unanswered }),
		of("refreshed", func(s *snapshot) uint64 { return s.identity.Refreshed }),
		of("expired", func(s *snapshot) uint64 { return s.identity.Expired }))
	originsRefused  = counter("origins_refused_total", "Pages of other sites that were refused.", func(s *snapshot) uint64 { return s.origins })
	backEndsRefused = counter("back_ends_refused_total", "Connections to text ports that did not show the token.", func(s *snapshot) uint64 { return s.backEnds })
)
