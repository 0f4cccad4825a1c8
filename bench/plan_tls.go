//go:build linux

package main

import (
	"fmt"

	"fanloop/bench/client"
)

// tlsScenarios are those in which what TLS costs shows: bytes that are encrypted for each receiver, handshakes, memory.
func (o *options) tlsScenarios(all *[]scenario) {
	n := o.tlsConnections
	for _, s := range []scenario{
		{
			Name: "tls step", Headline: client.Rate, Columns: throughput, Picture: true,
			Title: fmt.Sprintf("step over TLS: %d broadcasts to %d", o.tlsMessages, n),
			Job:   client.Job{Scenario: client.Step, Connections: n, Messages: o.tlsMessages},
		},
		{
			Name: "tls one", Headline: client.P50, Columns: append(lateness[:len(lateness):len(lateness)], client.AnswerP50, client.AnswerP99),
			Title: fmt.Sprintf("one push at a time over TLS, %d connections", o.oneConnections),
			Job:   client.Job{Scenario: client.One, Connections: o.oneConnections, Messages: o.oneMessages},
		},
		{
			Name: "tls idle", Headline: client.RSSPerConn, Columns: []string{client.RSSPerConn, client.RSSPeak}, Picture: true,
			Title: fmt.Sprintf("%d bound connections over TLS that do nothing", n),
			Job:   client.Job{Scenario: client.Idle, Connections: n},
		},
		{
			Name: "tls storm", Headline: client.CPU, Picture: true,
			Columns: []string{client.Rate, client.ReRate, client.CPU, client.P50, client.P99, client.Max, client.RSSPeak},
			Title:   fmt.Sprintf("%d connect over TLS, are cut off, connect again, a whole handshake each time", n),
			Job:     client.Job{Scenario: client.Storm, Connections: n},
		},
	} {
		s.Kind, s.Job.TLS = kindTLS, true
		o.add(all, "tls", s)
	}
}
