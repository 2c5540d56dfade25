package forecast

import (
	"math"
	"slices"
)

// doubleSeason is Taylor's exponential smoothing with two seasons, the longer
// one holding what the shorter cannot explain, and a first-order correction of
// the error: f = l + d + w + φe. Source: Taylor, "Triple seasonal methods for
// short-term electricity demand forecasting", EJOR 204 (2010), eq. 2-6 with two
// seasons.
type doubleSeason struct {
	alpha, delta, omega, phi float64
	level, last              float64
	short, long              []float64
}

// expected is the value k steps after value t, which was the last one seen;
// fade is φ to the k.
func (s *doubleSeason) expected(t, k int, fade float64) float64 {
	return s.level + s.short[(t+k)%len(s.short)] + s.long[(t+k)%len(s.long)] + fade*s.last
}

// see updates the state with value t and returns its one-step error.
func (s *doubleSeason) see(t int, v float64) float64 {
	d, w := &s.short[t%len(s.short)], &s.long[t%len(s.long)]
	e := v - s.level - *d - *w
	missed := e - s.phi*s.last
	s.level += s.alpha * e
	*d += s.delta * e
	*w += s.omega * e
	s.last = e
	return missed
}

// squared is the sum of squared one-step errors after the first skip values,
// from which the first figures were estimated.
func (s *doubleSeason) squared(y []float64, skip int) float64 {
	cost := 0.0
	for t, v := range y {
		if e := s.see(t, v); t >= skip {
			cost += e * e
		}
	}
	return cost
}

// distant is the sum of absolute errors one step ahead and, at every fifth
// value, a quarter of a season, one season and almost two ahead. Parameters
// that win one step ahead follow every wobble and lose the second day.
func (s *doubleSeason) distant(y []float64, skip int) float64 {
	m := len(s.short)
	quarter := max(1, m/4)
	ahead := [...]int{quarter, m, 2*m - quarter}
	var fades [len(ahead)]float64
	for i, k := range ahead {
		fades[i] = math.Pow(s.phi, float64(k))
	}
	cost := 0.0
	for t, v := range y {
		e := s.see(t, v)
		if t < skip {
			continue
		}
		cost += math.Abs(e) / 5
		if t%5 != 0 {
			continue
		}
		for i, k := range ahead {
			if t+k < len(y) {
				cost += math.Abs(y[t+k] - s.expected(t, k, fades[i]))
			}
		}
	}
	return cost
}

func (s *doubleSeason) next(n, h int) []float64 {
	out, fade := make([]float64, h), 1.0
	for i := range out {
		fade *= s.phi
		out[i] = s.expected(n-1, i+1, fade)
	}
	return out
}

// cost is how the parameters of a doubleSeason are judged.
type cost func(s *doubleSeason, y []float64, skip int) float64

// doubleSeasonal searches the parameters that cost least.
func doubleSeasonal(y []float64, season, cycle, h int, judge cost) []float64 {
	level, short, long := firstFigures(y, season, cycle)
	at := func(x []float64) *doubleSeason {
		return &doubleSeason{alpha: x[0] / 2, delta: x[1] / 2, omega: x[2] / 2, phi: math.Min(x[3], 0.995),
			level: level, short: slices.Clone(short), long: slices.Clone(long)}
	}
	best := minimise(func(x []float64) float64 { return judge(at(x), y, cycle) }, []float64{0.05, 0.2, 0.3, 0.8}, 100)
	s := at(best)
	s.squared(y, cycle)
	return s.next(len(y), h)
}

// singleSeasonal is the same with one season.
func singleSeasonal(y []float64, season, h int) []float64 {
	level, short, _ := firstFigures(y, season, season)
	at := func(x []float64) *doubleSeason {
		return &doubleSeason{alpha: x[0] / 2, delta: x[1] / 2, phi: math.Min(x[2], 0.995),
			level: level, short: slices.Clone(short), long: []float64{0}}
	}
	best := minimise(func(x []float64) float64 { return at(x).distant(y, season) }, []float64{0.05, 0.2, 0.8}, 80)
	s := at(best)
	s.squared(y, season)
	return s.next(len(y), h)
}

// firstFigures are the means per phase over the first two cycles; what they
// leave for the longer season rests on two values each, and is shrunk.
func firstFigures(y []float64, season, cycle int) (level float64, short, long []float64) {
	head := y[:min(len(y), 2*cycle)]
	level = mean(head)
	short = phaseMeans(head, season, func(t int) float64 { return head[t] - level })
	long = phaseMeans(head, cycle, func(t int) float64 { return 0.7 * (head[t] - level - short[t%season]) })
	return level, short, long
}

func phaseMeans(y []float64, season int, value func(t int) float64) []float64 {
	sums, counts := make([]float64, season), make([]float64, season)
	for t := range y {
		sums[t%season] += value(t)
		counts[t%season]++
	}
	for i := range sums {
		sums[i] = over(sums[i], counts[i])
	}
	return sums
}
