package reportfile

import (
	"math"

	"github.com/hexabuilders/campaignd/performance/report"
)

// chart is the course of a currency in a box of 1 by 1: bars of spend, and a
// line of conversions on its own scale. Both renderers draw it.
type chart struct {
	Bars           []bar
	Line           []point
	TopSpend       int64 // micros at the top of the box
	TopConversions int64
	Ticks          []tick // of days, at most six
}

type bar struct{ X, Width, Height float64 }
type point struct{ X, Y float64 }
type tick struct {
	X    float64
	Text string
}

func newChart(l *language, d *report.Document, c report.Currency) *chart {
	n := len(c.Course)
	if n == 0 {
		return nil
	}
	out := &chart{TopSpend: 1, TopConversions: 1}
	for _, p := range c.Course {
		out.TopSpend, out.TopConversions = max(out.TopSpend, p.Spend), max(out.TopConversions, p.Conversions)
	}
	out.TopSpend, out.TopConversions = nice(out.TopSpend), nice(out.TopConversions)
	step := 1 / float64(n)
	for i, p := range c.Course {
		x := float64(i) * step
		out.Bars = append(out.Bars, bar{x + 0.15*step, 0.7 * step, math.Max(0, float64(p.Spend)/float64(out.TopSpend))})
		out.Line = append(out.Line, point{x + step/2, math.Max(0, float64(p.Conversions)/float64(out.TopConversions))})
	}
	every := max(1, (n+5)/6)
	for i := 0; i < n; i += every {
		text := l.date(c.Course[i].Day)
		if d.ByMonth {
			text = c.Course[i].Day.String()[:7]
		}
		out.Ticks = append(out.Ticks, tick{(float64(i) + 0.5) * step, text})
	}
	return out
}

// nice is the next of 1, 2, 5 times a power of ten.
func nice(n int64) int64 {
	power := int64(1)
	for power <= n/10 {
		power *= 10
	}
	for _, step := range []int64{1, 2, 5, 10} {
		if step <= math.MaxInt64/power && step*power >= n {
			return step * power
		}
	}
	return n
}
