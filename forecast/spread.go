package forecast

import (
	"math"
	"slices"
)

// spread turns the errors of the rehearsal into intervals: a size for each
// step, and how many sizes hold 80 and 95 % of the errors. This is split
// conformal prediction with locally scaled scores (Lei, G'Sell, Rinaldo,
// Tibshirani, Wasserman, JASA 2018, section 5.2). The errors of neighbouring
// steps and origins are related, so the guarantee is not exact: the tests
// measure what is held.
type spread struct {
	size     []float64 // mean absolute error by step
	season   int
	q80, q95 float64 // in sizes
}

// Where there is no rehearsal, errors grow as a random walk's: a normal error
// has a mean size of 0.8 deviations, and 80 % of them lie within 1.28.
const normal80, normal95 = 1.2816 / 0.7979, 1.96 / 0.7979

func newSpread(t *trial, y []float64, season int) spread {
	if len(t.acts) < 2 {
		return walkSpread(y, season, t.horizon)
	}
	errors := make([][]float64, len(t.acts))
	for k, a := range t.acts {
		path := a.blend
		errors[k] = make([]float64, t.horizon)
		for i := range path {
			errors[k][i] = math.Abs(a.actual[i] - path[i])
		}
	}
	s := spread{size: sizes(errors, -1), season: season}
	var scores []float64
	for k := range errors {
		size := sizes(errors, k)
		for i, e := range errors[k] {
			if !math.IsNaN(e) && size[i] > 0 {
				scores = append(scores, e/size[i])
			}
		}
	}
	slices.Sort(scores)
	few := math.Min(1.06, 1+0.5/float64(len(errors)))
	s.q80 = few * quantile(scores, 0.80, normal80)
	s.q95 = few * math.Max(quantile(scores, 0.95, normal95), 1.2*quantile(scores, 0.80, normal80))
	return s
}

// sizes are the mean absolute errors by step over all acts but one, each drawn
// towards the mean of the steps around it as far as few acts leave it unsure.
func sizes(errors [][]float64, except int) []float64 {
	horizon := len(errors[0])
	raw, out := make([]float64, horizon), make([]float64, horizon)
	acts := 0.0
	for k := range errors {
		if k != except {
			acts++
		}
	}
	for i := range raw {
		raw[i] = meanStep(errors, except, i)
	}
	window := max(3, int(24/acts))
	for i := range out {
		around := mean(known(raw[max(0, i-window):min(horizon, i+window+1)]))
		if math.IsNaN(raw[i]) {
			out[i] = around
			continue
		}
		out[i] = (acts*raw[i] + 4*around) / (acts + 4)
	}
	return out
}

func meanStep(errors [][]float64, except, step int) float64 {
	sum, n := 0.0, 0
	for k := range errors {
		if k != except && !math.IsNaN(errors[k][step]) {
			sum, n = sum+errors[k][step], n+1
		}
	}
	return sum / float64(n) // NaN for none
}

func known(values []float64) []float64 {
	out := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	return out
}

// walkSpread is the spread of a random walk with the steps of the series, from
// season to season when two seasons are known.
func walkSpread(y []float64, season, horizon int) spread {
	stride, step := 1, 0.0
	if len(y) >= 2*season {
		stride = season
	}
	if len(y) > stride {
		step = Scale(y, stride)
	}
	s := spread{size: make([]float64, horizon), season: season, q80: normal80, q95: normal95}
	for i := range s.size {
		s.size[i] = step * math.Sqrt(float64(i/stride+1))
	}
	return s
}

// quantile of sorted scores as conformal prediction takes it, the
// ceil((n+1)q)-th smallest; fallback when there are none.
func quantile(sorted []float64, q, fallback float64) float64 {
	n := len(sorted)
	if n == 0 {
		return fallback
	}
	return sorted[min(n, int(math.Ceil(float64(n+1)*q)))-1]
}

// around is the interval at a step from 0. Beyond the horizon that was
// rehearsed, the size of the same phase grows with the root of the distance.
func (s spread) around(centre float64, step int) Interval {
	at, growth := step, 1.0
	if last := len(s.size); step >= last {
		at = step - (step-last+s.season)/s.season*s.season
		at = max(0, at)
		growth = math.Sqrt(float64(step+1) / float64(at+1))
	}
	size := s.size[at] * growth
	return Interval{Mean: centre, Low80: centre - s.q80*size, High80: centre + s.q80*size,
		Low95: centre - s.q95*size, High95: centre + s.q95*size}
}
