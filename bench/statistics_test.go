//go:build linux

package main

import (
	"math"
	"testing"
)

func TestSpread(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   spread
	}{
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{4, 2}, spread{3, 2, 4}},
		{[]float64{9, 1, 5}, spread{5, 1, 9}},
	} {
		if got := spreadOf(test.values); got != test.want {
			t.Errorf("%v: %v, want %v", test.values, got, test.want)
		}
	}
}

// TestInterval compares with the tables of the sign test.
func TestInterval(t *testing.T) {
	for _, test := range []struct {
		n          int
		low, high  float64
		confidence float64
	}{
		{1, 1, 1, 0},
		{3, 1, 3, 0.75},
		{5, 1, 5, 0.9375},
		{6, 1, 6, 0.96875},
		{9, 2, 8, 0.9609375},
		{15, 4, 12, 0.96484375},
	} {
		values := make([]float64, test.n)
		for i := range values {
			values[i] = float64(test.n - i)
		}
		got := intervalOf(values)
		if got.Low != test.low || got.High != test.high || math.Abs(got.Confidence-test.confidence) > 1e-12 || got.Median != float64(test.n+1)/2 {
			t.Errorf("%d values: %+v", test.n, got)
		}
	}
}

func TestRatios(t *testing.T) {
	got := ratios(map[int]float64{1: 10, 2: 30, 3: 5}, map[int]float64{1: 5, 2: 10, 4: 1, 3: 0})
	if s := spreadOf(got); len(got) != 2 || s.Min != 2 || s.Max != 3 {
		t.Errorf("%v: rounds that one of them lacks, or that are 0, must be left out", got)
	}
}
