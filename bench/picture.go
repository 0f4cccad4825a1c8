//go:build linux

package main

import (
	"fmt"
	"html"
	"strings"
)

// The picture's measures, in pixels.
const (
	columnWidth = 430
	nameWidth   = 92
	barWidth    = 240
	barHeight   = 14
	barGap      = 4
	titleHeight = 38
	margin      = 12
)

// picture draws the headline figures as bars, in two columns: an SVG with nothing but text, rectangles and lines.
func (r *Results) picture() string {
	var body strings.Builder
	var height [2]int
	for i := range r.Summary {
		if !r.Plan[i].Picture {
			continue
		}
		column := 0
		if height[1] < height[0] {
			column = 1
		}
		height[column] = r.chart(&body, &r.Summary[i], &r.Plan[i], column*columnWidth, height[column])
	}
	width, tall := 2*columnWidth, max(height[0], height[1])
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+
		"\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n%s</svg>\n", width, tall, width, tall, body.String())
}

// chart draws one scenario at x, below y, and returns where the next one begins.
func (r *Results) chart(b *strings.Builder, sum *summary, s *scenario, x, y int) int {
	m := metricOf(s.Headline)
	most := longest(sum, m.name)
	if most <= 0 {
		return y
	}
	better := "more is better"
	if m.lower {
		better = "less is better"
	}
	y += margin
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="bold">%s</text>`+"\n", x+margin, y+12, html.EscapeString(s.Title))
	fmt.Fprintf(b, `<text x="%d" y="%d" fill="#666666">%s, %s</text>`+"\n", x+margin, y+27, html.EscapeString(m.label), better)
	y += titleHeight
	for _, st := range sum.Servers {
		if v, ok := st.Metrics[m.name]; ok {
			r.bar(b, &st, m, v, most, x+nameWidth, y)
			y += barHeight + barGap
		}
	}
	return y + margin
}

// longest is the greatest value that a bar or its spread has.
func longest(sum *summary, metric string) (most float64) {
	for _, st := range sum.Servers {
		most = max(most, st.Metrics[metric].Max)
	}
	return most
}

// bar draws the median, and the spread as a thin line over it.
func (r *Results) bar(b *strings.Builder, st *standing, m metric, v spread, most float64, x, y int) {
	length := func(value float64) float64 { return max(value, 0) / most * barWidth }
	text := y + barHeight - 3
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, x-6, text, html.EscapeString(st.Server))
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`, x, y, length(v.Median), barHeight, r.color(st.Server))
	fmt.Fprintf(b, `<path d="M%.1f %dH%.1f" stroke="#333333"/>`, float64(x)+length(v.Min), y+barHeight/2, float64(x)+length(v.Max))
	fmt.Fprintf(b, `<text x="%.1f" y="%d">%s</text>`+"\n", float64(x)+length(v.Max)+6, text, html.EscapeString(m.show(v.Median)))
}

// color is green for ours, light for the floor and for our parts on gnet, grey for rivals.
func (r *Results) color(server string) string {
	switch {
	case r.isRival(server):
		return "#a8b4c4"
	case strings.HasPrefix(server, ourName):
		return "#2f7d4f"
	}
	return "#d8d8d8"
}
