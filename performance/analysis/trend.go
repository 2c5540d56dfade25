package analysis

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Trend is what a series of local days does over time.
type Trend struct {
	Direction string  // "rising", "falling", "none", or "unknown" with a Reason
	Reason    string  // "too_few_days", "constant"
	Days      int     // that have a value
	Slope     float64 // a day, in the unit of the series
	Low, High float64 // 95 % confidence interval of Slope
	Weekly    float64 // Slope times seven, relative to the median: 0.1 is +10 % a week
	HasWeekly bool    // false where the median is 0
	Tau       float64 // Kendall's, -1 to 1: how steadily
	P         float64 // two-sided
	Weekdays  bool    // only equal weekdays were compared with each other
	Inflation float64 // by which autocorrelation widened the test, 1 for none
}

// Samples a trend needs.
const (
	minTrendDays   = 8  // that have a value
	minWeekdayDays = 14 // before weekdays can be held apart
	trendAlpha     = 0.05
	normal95       = 1.959963984540054
)

// TrendOf tests a series of consecutive local days, NaN where there is no value.
//
// The slope is the median of the slopes between pairs of days (Theil 1950, Sen
// 1968), which a few wild days cannot move, with Sen's interval. Its
// significance is Mann's and Kendall's test with the correction for ties. From
// 14 days on only equal weekdays are compared (seasonal Kendall test: Hirsch,
// Slack, Smith, "Techniques of trend analysis for monthly water quality data",
// 1982), so that a weekend at the end of a series is no trend. Days that follow
// their neighbours carry less information: the variance is widened by
// (1+r)/(1-r) where the autocorrelation r of what is left over is significant
// (Yue and Wang 2004, for a process of first order).
func TrendOf(series []float64) Trend {
	t := Trend{Direction: "unknown", Inflation: 1, Days: countKnown(series)}
	if t.Days < minTrendDays {
		t.Reason = "too_few_days"
		return t
	}
	step := 1
	if t.Days >= minWeekdayDays {
		step, t.Weekdays = 7, true
	}
	k := kendallOf(series, step)
	if k.variance == 0 || len(k.slopes) == 0 {
		t.Direction, t.Reason, t.P = "none", "constant", 1
		return t
	}
	slices.Sort(k.slopes)
	t.Slope = middle(k.slopes)
	t.Inflation = inflation(residuals(series, t.Slope, step))
	k.variance *= t.Inflation
	t.Low, t.High = k.interval()
	t.P, t.Tau = k.p(), k.s/float64(len(k.slopes))
	if m := median(series); m != 0 {
		t.Weekly, t.HasWeekly = 7*t.Slope/math.Abs(m), true
	}
	t.Direction = "none"
	if t.P < trendAlpha && t.Slope != 0 {
		t.Direction = map[bool]string{true: "rising", false: "falling"}[t.Slope > 0]
	}
	return t
}

// kendall is Kendall's S with its variance when there is no trend, and the
// slopes of all pairs that were compared.
type kendall struct {
	s, variance float64
	slopes      []float64
}

// kendallOf compares the days whose distance is a multiple of step.
func kendallOf(series []float64, step int) kendall {
	var k kendall
	for first := range min(step, len(series)) {
		k.add(series, first, step)
	}
	return k
}

// add counts one season: Var S = (n(n-1)(2n+5) - Σ t(t-1)(2t+5)) / 18 over the
// sizes t of its ties.
func (k *kendall) add(series []float64, first, step int) {
	ties := map[float64]float64{}
	n := 0.0
	for i := first; i < len(series); i += step {
		if math.IsNaN(series[i]) {
			continue
		}
		n++
		ties[series[i]]++
		for j := first; j < i; j += step {
			if math.IsNaN(series[j]) {
				continue
			}
			k.s += sign(series[i] - series[j])
			k.slopes = append(k.slopes, (series[i]-series[j])/float64(i-j))
		}
	}
	k.variance += n * (n - 1) * (2*n + 5) / 18
	for _, t := range ties {
		k.variance -= t * (t - 1) * (2*t + 5) / 18
	}
}

// p is the two-sided probability of such an S without a trend, with the
// correction for continuity.
func (k *kendall) p() float64 {
	z := math.Max(0, math.Abs(k.s)-1) / math.Sqrt(k.variance)
	return 2 * distuv.UnitNormal.Survival(z)
}

// interval is Sen's: the slopes at the ranks (N -+ z sqrt(Var S)) / 2.
func (k *kendall) interval() (low, high float64) {
	n, c := float64(len(k.slopes)), normal95*math.Sqrt(k.variance)
	at := func(rank float64) float64 { return k.slopes[int(math.Max(0, math.Min(n-1, rank)))] }
	return at(math.Floor((n - c) / 2)), at(math.Ceil((n + c) / 2))
}

// residuals are what is left of a series without its slope and weekdays.
func residuals(series []float64, slope float64, step int) []float64 {
	out := make([]float64, len(series))
	for first := range min(step, len(series)) {
		var season []float64
		for i := first; i < len(series); i += step {
			out[i] = series[i] - slope*float64(i)
			season = append(season, out[i])
		}
		for i, m := first, median(season); i < len(series); i += step {
			out[i] -= m
		}
	}
	return out
}

// inflation is by how much autocorrelation widens the variance. Only one that is
// significant (one-sided 5 %) counts, and at most 0.9.
func inflation(rest []float64) float64 {
	mean, n := 0.0, 0.0
	for _, v := range rest {
		if !math.IsNaN(v) {
			mean, n = mean+v, n+1
		}
	}
	mean /= n
	product, square := 0.0, 0.0
	for i, v := range rest {
		if math.IsNaN(v) {
			continue
		}
		square += (v - mean) * (v - mean)
		if i > 0 && !math.IsNaN(rest[i-1]) {
			product += (v - mean) * (rest[i-1] - mean)
		}
	}
	if square == 0 {
		return 1
	}
	r := math.Min(0.9, product/square)
	if r < 1.645/math.Sqrt(n) {
		return 1
	}
	return (1 + r) / (1 - r)
}

func countKnown(series []float64) int {
	n := 0
	for _, v := range series {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// median of the known values; NaN without any.
func median(series []float64) float64 {
	known := make([]float64, 0, len(series))
	for _, v := range series {
		if !math.IsNaN(v) {
			known = append(known, v)
		}
	}
	if len(known) == 0 {
		return math.NaN()
	}
	slices.Sort(known)
	return middle(known)
}

// middle is the median of sorted values.
func middle(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
