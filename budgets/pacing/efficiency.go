package pacing

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Sample is what one channel spent and got on one complete local day.
type Sample struct {
	Spend  int64
	Result int64 // conversions, clicks, leads: a count
}

// Efficiency is what a result costs in one channel, in micros.
type Efficiency struct {
	Channel string
	Spend   int64
	Results int64
	Days    int

	// Average is spend per result, with its 90 % interval: results taken as
	// Poisson, the interval exact (Garwood 1936).
	Average, AverageLow, AverageHigh *int64
	// Marginal is what the next result costs at the present spend, with its
	// 90 % interval. nil when the days do not tell; Reason says why.
	Marginal, MarginalLow, MarginalHigh *int64
	Reason                              string // few_days, few_results, steady_spend, no_results

	// Elasticity is by how many percent results grow with one percent more
	// spend: 1 without saturation, less with it.
	Elasticity *float64
}

// What the marginal cost needs before it is told.
const (
	leastDays      = 14
	leastResults   = 30
	leastVariation = 0.10 // of the daily spend, as a fraction of its mean
	resamples      = 400
)

// Efficient computes the efficiency of a channel from its complete days.
//
// The response of a day is taken as result = a * spend^b with 0 < b <= 1, fitted
// as a Poisson regression with a weak prior of 0.8 on b (published ad
// elasticities saturate). Then the next result costs average / b at the present
// spend: the derivative of the curve. Its interval is the bootstrap over days,
// seeded, so the same days give the same answer.
func Efficient(channel string, days []Sample) Efficiency {
	e := Efficiency{Channel: channel}
	for _, d := range days {
		if d.Spend > 0 || d.Result > 0 {
			e.Days++
		}
		e.Spend += d.Spend
		e.Results += d.Result
	}
	if e.Results <= 0 {
		e.Reason = "no_results"
		return e
	}
	e.average()
	used := slices.DeleteFunc(slices.Clone(days), func(d Sample) bool { return d.Spend <= 0 || d.Result < 0 })
	switch {
	case len(used) < leastDays:
		e.Reason = "few_days"
	case e.Results < leastResults:
		e.Reason = "few_results"
	case variation(used) < leastVariation:
		e.Reason = "steady_spend"
	default:
		e.marginal(used)
	}
	return e
}

func (e *Efficiency) average() {
	spend, n := float64(e.Spend), float64(e.Results)
	low, high := garwood(n)
	e.Average, e.AverageLow, e.AverageHigh = micros(spend/n), micros(spend/high), micros(spend/low)
}

// garwood is the 90 % interval of a Poisson mean of which n came, by the
// Wilson-Hilferty cube, which is right to a percent from n = 1 on.
func garwood(n float64) (low, high float64) {
	const z = 1.6448536269514722 // the normal quantile of 0.95
	bound := func(n, z float64) float64 {
		c := 1 - 1/(9*n) + z/(3*math.Sqrt(n))
		return n * c * c * c
	}
	return math.Max(bound(n, -z), 1e-9), bound(n+1, z)
}

func (e *Efficiency) marginal(days []Sample) {
	b := elasticity(days)
	e.Elasticity = &b
	average := float64(e.Spend) / float64(e.Results)
	e.Marginal = micros(average / b)
	random := rand.New(rand.NewPCG(uint64(len(days)), uint64(e.Results)))
	draws := make([]float64, 0, resamples)
	drawn := make([]Sample, len(days))
	for range resamples {
		spend, results := int64(0), int64(0)
		for i := range drawn {
			drawn[i] = days[random.IntN(len(days))]
			spend, results = spend+drawn[i].Spend, results+drawn[i].Result
		}
		if results > 0 {
			draws = append(draws, float64(spend)/float64(results)/elasticity(drawn))
		}
	}
	slices.Sort(draws)
	e.MarginalLow, e.MarginalHigh = micros(draws[len(draws)/20]), micros(draws[len(draws)-1-len(draws)/20])
}

// The prior of the elasticity: 0.8, and how strongly it holds.
const (
	priorElasticity = 0.8
	priorPrecision  = 25 // one over the variance: a deviation of 0.2
	leastElasticity = 0.05
)

// elasticity fits log E[result] = a + b log spend by Newton's method.
func elasticity(days []Sample) float64 {
	x, mean, results := make([]float64, len(days)), 0.0, 0.0
	for i, d := range days {
		x[i] = math.Log(float64(d.Spend))
		mean += x[i] / float64(len(days))
		results += float64(d.Result)
	}
	b := priorElasticity
	for range 25 {
		weight := 0.0
		for i := range x {
			x := x[i] - mean
			weight += math.Exp(b * x)
		}
		a := math.Log(math.Max(results, 0.5) / weight) // the intercept that fits the sum, for this b
		slope, curve := -priorPrecision*(b-priorElasticity), float64(priorPrecision)
		expectedX, expectedXX, expected := 0.0, 0.0, 0.0
		for i, d := range days {
			x := x[i] - mean
			mu := math.Exp(a + b*x)
			slope += (float64(d.Result) - mu) * x
			expected, expectedX, expectedXX = expected+mu, expectedX+mu*x, expectedXX+mu*x*x
		}
		curve += expectedXX - expectedX*expectedX/expected
		step := clamp(slope/curve, -0.5, 0.5)
		b = clamp(b+step, leastElasticity, 1)
		if math.Abs(step) < 1e-9 {
			break
		}
	}
	return b
}

// variation is the deviation of the daily spend over its mean.
func variation(days []Sample) float64 {
	sum, squares, n := 0.0, 0.0, float64(len(days))
	for _, d := range days {
		sum += float64(d.Spend)
	}
	for _, d := range days {
		squares += (float64(d.Spend) - sum/n) * (float64(d.Spend) - sum/n)
	}
	return math.Sqrt(squares/n) / (sum / n)
}

func micros(x float64) *int64 {
	if !(x >= 0 && x < math.MaxInt64/4) {
		return nil
	}
	v := int64(math.Round(x))
	return &v
}
