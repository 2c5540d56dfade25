package analysis

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/hexabuilders/campaignd/performance"
)

// Change is one figure in two periods. A metric of periods of different length
// is its mean a day in both.
type Change struct {
	Metric        string
	Before, After Value
	Difference    Value   // After - Before
	Relative      float64 // Difference / Before; meaningless unless HasRelative
	HasRelative   bool
	Low, High     Value   // 95 % confidence interval of Difference
	P             float64 // two-sided; meaningless unless Tested
	Tested        bool
	Method        string // "paired_days", "days", "counting", "exact"; empty when not tested
	Sample        [2]int64
	SampleOf      string
	Minimum       int64
	Verdict       string // "higher", "lower", "no_difference", "unknown"
	Reason        string // why it is unknown
	PerDay        bool
	LowerBetter   bool
}

const (
	compareAlpha = 0.05
	minDays      = 4 // in each period, before days say how much days differ
)

// sample is what was delivered in a period: by local day, in all, by group.
type sample struct {
	days   []performance.Metrics
	length []float64 // of each day as a part of a day: 1, or less for one that is not over
	total  performance.Totals
	groups map[string]performance.Metrics
}

func (s *sample) duration() float64 {
	sum := 0.0
	for _, l := range s.length {
		sum += l
	}
	return sum
}

// compare tests whether a figure differs between two periods.
//
// A figure is a quotient of sums over days, a metric one by their number. The
// logarithm of after/before has the variance of the days' influence on it
// (linearisation: Cochran, "Sampling Techniques", 1977, chapter 6). Days that
// are aligned by weekday are subtracted first, so that what all Mondays share
// does not widen it. It is at least what counting alone gives (Poisson, or
// binomial for a rate), so that seven days which happen to be alike do not
// promise too much. Student's t with the days' degrees of freedom gives p and
// the interval. With fewer than 4 days in a period only counting is left, and
// where a count is zero the exact conditional test (Przyborowski and Wilenski
// 1940). All of it is free of units.
func compare(f *figure, before, after *sample, aligned bool) Change {
	c := Change{
		Metric: f.name, Before: f.of(&before.total), After: f.of(&after.total), LowerBetter: f.lowerBetter,
		Sample:   [2]int64{*before.total.At(f.sampleOf), *after.total.At(f.sampleOf)},
		SampleOf: f.sampleOf.String(), Minimum: f.minimum, Verdict: "unknown",
	}
	if !f.isKPI() && before.duration() != after.duration() {
		c.PerDay = true
		c.Before.Micros = perDay(c.Before.Micros, before.duration())
		c.After.Micros = perDay(c.After.Micros, after.duration())
	}
	c.Difference = Value{Unit: c.After.Unit, Currency: c.After.Currency, Reason: firstOf(c.Before.Reason, c.After.Reason)}
	c.Low, c.High = c.Difference, c.Difference
	if c.Difference.Reason != "" {
		c.Reason = c.Difference.Reason
		return c
	}
	c.Difference.Micros = c.After.Micros - c.Before.Micros
	if c.Before.Micros != 0 {
		c.Relative, c.HasRelative = float64(c.Difference.Micros)/math.Abs(float64(c.Before.Micros)), true
	}
	c.test(f, before, after, aligned)
	c.judge()
	return c
}

func perDay(micros int64, days float64) int64 { return int64(math.Round(float64(micros) / days)) }

func firstOf(reasons ...string) string {
	for _, r := range reasons {
		if r != "" {
			return r
		}
	}
	return ""
}

// judge puts the test into a word. A sample below the minimum is no verdict.
func (c *Change) judge() {
	switch {
	case c.Sample[0] < c.Minimum && c.Sample[1] < c.Minimum, c.Metric != c.SampleOf && min(c.Sample[0], c.Sample[1]) < c.Minimum:
		c.Reason = "sample_too_small"
	case !c.Tested:
		c.Reason = firstOf(c.Reason, "too_few_days")
	case c.P >= compareAlpha || c.Difference.Micros == 0:
		c.Verdict = "no_difference"
	case c.Difference.Micros > 0:
		c.Verdict = "higher"
	default:
		c.Verdict = "lower"
	}
}

// test fills in P, the interval and the method.
func (c *Change) test(f *figure, before, after *sample, aligned bool) {
	b, a := quotientOf(f, before), quotientOf(f, after)
	if b.x <= 0 || a.x <= 0 {
		c.exact(f, b, a)
		return
	}
	counting := b.counting(f) + a.counting(f)
	variance, degrees := 0.0, math.Inf(1)
	switch nb, na := len(before.days), len(after.days); {
	case aligned && nb >= minDays:
		c.Method, degrees = "paired_days", float64(nb-1)
		variance = paired(b.influence, a.influence)
	case nb >= minDays && na >= minDays:
		c.Method, degrees = "days", float64(min(nb, na)-1)
		variance = scatter(b.influence) + scatter(a.influence)
	case f.noise > 0:
		c.Method = "counting"
	default:
		return
	}
	if variance < counting {
		variance, degrees, c.Method = counting, math.Inf(1), "counting"
	}
	if variance <= 0 {
		c.Method = ""
		return
	}
	log, spread := math.Log(a.x/a.y)-math.Log(b.x/b.y), math.Sqrt(variance)
	t := student(degrees)
	c.P, c.Tested = 2*t.Survival(math.Abs(log)/spread), true
	reach := t.Quantile(1-compareAlpha/2) * spread
	c.Low.Micros = bounded(float64(c.Before.Micros) * math.Expm1(log-reach))
	c.High.Micros = bounded(float64(c.Before.Micros) * math.Expm1(log+reach))
}

// distribution is what a test statistic is held against.
type distribution interface {
	Survival(x float64) float64
	Quantile(p float64) float64
}

func student(degrees float64) distribution {
	if math.IsInf(degrees, 1) {
		return distuv.UnitNormal
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: degrees}
}

func bounded(v float64) int64 {
	return int64(math.Max(-math.MaxInt64/2, math.Min(math.MaxInt64/2, v)))
}

// exact tests counts of which one is zero: given their sum, the later one is
// binomial. It gives no interval.
func (c *Change) exact(f *figure, b, a quotient) {
	c.Low.Reason, c.High.Reason = "zero", "zero"
	n := a.x + b.x
	counts := f.noise == 1 && f.unit != performance.Amount && b.x >= 0 && a.x >= 0
	if !counts || n <= 0 || a.y <= 0 || b.y <= 0 {
		c.Reason = "zero"
		return
	}
	d := distuv.Binomial{N: n, P: a.y / (a.y + b.y)}
	c.P, c.Tested, c.Method = math.Min(1, 2*math.Min(d.CDF(a.x), 1-d.CDF(a.x-1))), true, "exact"
}

// quotient is a figure as x / y with each day's influence on its logarithm:
// (x_d - R y_d) / x.
type quotient struct {
	x, y      float64
	count     float64 // of what it is counted by
	influence []float64
}

func quotientOf(f *figure, s *sample) quotient {
	var q quotient
	q.x, q.y = f.parts(&s.total.Metrics, s.duration())
	q.count = float64(*s.total.At(f.sampleOf))
	if f.unit == performance.Fraction {
		q.count = q.x // of a rate, the successes
	}
	if q.x == 0 || q.y == 0 {
		return q
	}
	q.influence = make([]float64, len(s.days))
	for i := range s.days {
		x, y := f.parts(&s.days[i], s.length[i])
		q.influence[i] = x/q.x - y/q.y
	}
	return q
}

// counting is the squared relative error of counting alone.
func (q quotient) counting(f *figure) float64 {
	if f.noise == 0 || q.count <= 0 {
		return 0
	}
	if f.unit == performance.Fraction {
		return math.Max(0, 1-q.x/q.y) / q.count
	}
	return f.noise / q.count
}

func scatter(influence []float64) float64 {
	sum, n := 0.0, float64(len(influence))
	for _, d := range influence {
		sum += d * d
	}
	return sum * n / (n - 1)
}

func paired(b, a []float64) float64 {
	d := make([]float64, len(b))
	for i := range d {
		d[i] = a[i] - b[i]
	}
	return scatter(d)
}
