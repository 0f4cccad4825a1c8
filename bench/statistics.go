//go:build linux

package main

import (
	"math"
	"slices"
)

// A spread is what several rounds have shown.
type spread struct {
	Median, Min, Max float64
}

// spreadOf is of at least one value.
func spreadOf(values []float64) spread {
	sorted := slices.Sorted(slices.Values(values))
	return spread{median(sorted), sorted[0], sorted[len(sorted)-1]}
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// An interval is a median with the bounds between which the true one lies.
type interval struct {
	Median, Low, High float64
	Confidence        float64 // how sure that is, from 0 to 1
}

// intervalOf finds the narrowest pair of the sorted values around the middle that holds the true median with at least 95 % confidence,
// whatever the distribution (a value is above the median as often as a coin shows heads). With fewer than six values no
// pair does: then it is the widest, with its own confidence.
func intervalOf(values []float64) interval {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	lowest := 0
	for lowest+1 < n/2 && within(n, lowest+1) >= 0.95 {
		lowest++
	}
	return interval{median(sorted), sorted[lowest], sorted[n-1-lowest], within(n, lowest)}
}

// within is the probability that the median of a distribution lies between the values number k and n-1-k of n sorted ones.
func within(n, k int) float64 {
	outside, term := 0.0, math.Pow(0.5, float64(n)) // term is n over i, by 2^n
	for i := 0; i <= k; i++ {
		outside += 2 * term
		term *= float64(n-i) / float64(i+1)
	}
	return max(1-outside, 0)
}

// ratios divides round by round. Rounds that one of them has not finished are left out.
func ratios(ours, theirs map[int]float64) (list []float64) {
	for round, v := range ours {
		if other, ok := theirs[round]; ok && other != 0 {
			list = append(list, v/other)
		}
	}
	return list
}
