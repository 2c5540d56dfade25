package forecast

import "math"

// Seasonal is the 90 % autocorrelation test of the M4 benchmarks: the series
// spans three seasons and the autocorrelation at the season's lag exceeds
// 1.645 standard errors by Bartlett's formula,
// sqrt((1 + 2 Σ_{i<m} r_i²)/n). Source: SeasonalityTest in
// github.com/Mcompetitions/M4-methods.
func Seasonal(y []float64, season int) bool {
	if season < 2 || len(y) < 3*season {
		return false
	}
	r := autocorrelation(y, season)
	if r == nil {
		return false
	}
	sum := 1.0
	for _, v := range r[:season-1] {
		sum += 2 * v * v
	}
	return math.Abs(r[season-1]) > 1.645*math.Sqrt(sum/float64(len(y)))
}

// autocorrelation at lags 1 to k, nil for a constant series.
func autocorrelation(y []float64, k int) []float64 {
	centre := mean(y)
	variance := 0.0
	for _, v := range y {
		variance += (v - centre) * (v - centre)
	}
	if variance == 0 || constant(y) {
		return nil
	}
	r := make([]float64, k)
	for lag := 1; lag <= k; lag++ {
		for t := lag; t < len(y); t++ {
			r[lag-1] += (y[t] - centre) * (y[t-lag] - centre)
		}
		r[lag-1] /= variance
	}
	return r
}

// centred is the moving average over one season, centred (2 x m for an even
// one). The half season at each end, which has no centre, holds NaN.
func centred(y []float64, season int) []float64 {
	half := season / 2
	out := make([]float64, len(y))
	for t := range out {
		if t < half || t+half >= len(y) {
			out[t] = math.NaN()
			continue
		}
		sum := 0.0
		for _, v := range y[t-half : t+half+1] {
			sum += v
		}
		if season%2 == 0 {
			sum -= (y[t-half] + y[t+half]) / 2
		}
		out[t] = sum / float64(season)
	}
	return out
}

// indices are the seasonal figures of a classical decomposition, as R's
// decompose() computes them: the mean, at each phase, of the series against
// its centred moving average, scaled to mean 1 (multiplicative) or moved to
// mean 0 (additive). Phase 0 is the first value. A figure that cannot be
// computed is neutral.
func indices(y []float64, season int, multiplicative bool) []float64 {
	trend := centred(y, season)
	sums, counts := make([]float64, season), make([]float64, season)
	for t, level := range trend {
		if math.IsNaN(level) || multiplicative && level == 0 {
			continue
		}
		against := y[t] - level
		if multiplicative {
			against = y[t] / level
		}
		sums[t%season] += against
		counts[t%season]++
	}
	for i := range sums {
		switch {
		case counts[i] > 0:
			sums[i] /= counts[i]
		case multiplicative:
			sums[i] = 1
		}
	}
	return normalised(sums, multiplicative)
}

func normalised(figures []float64, multiplicative bool) []float64 {
	centre := mean(figures)
	for i := range figures {
		if !multiplicative {
			figures[i] -= centre
		} else if centre != 0 {
			figures[i] /= centre
		}
	}
	return figures
}

// deseasonalise divides a seasonal series by its indices; a series that is not
// seasonal, or that has indices too small to divide by, comes back as it is
// with no indices.
func deseasonalise(y []float64, season int) (flat, figures []float64) {
	if !Seasonal(y, season) {
		return y, nil
	}
	figures = indices(y, season, true)
	if low, _ := extremes(figures); low < 1e-3 {
		return y, nil
	}
	flat = make([]float64, len(y))
	for t := range y {
		flat[t] = y[t] / figures[t%season]
	}
	return flat, figures
}

// reseasonalise puts the indices back on a forecast that starts after n values.
func reseasonalise(path, figures []float64, n int) []float64 {
	if figures == nil {
		return path
	}
	for i := range path {
		path[i] *= figures[(n+i)%len(figures)]
	}
	return path
}

// withoutSeason runs a method on the series without its additive season of the
// given length, and puts the season back.
func withoutSeason(y []float64, season, h int, inner func([]float64, int) []float64) []float64 {
	if len(y) < 2*season {
		return inner(y, h)
	}
	figures := indices(y, season, false)
	flat := make([]float64, len(y))
	for t := range y {
		flat[t] = y[t] - figures[t%season]
	}
	path := inner(flat, h)
	for i := range path {
		path[i] += figures[(len(y)+i)%season]
	}
	return path
}
