package forecast

// smoothing is Holt's linear method with a damped trend, in error correction
// form: f = l + φb; e = y - f; l = f + αe; b = φb + αβe. φ = 1 is Holt's own
// method, a slope of 0 simple exponential smoothing. Source: Gardner and
// McKenzie (1985); Hyndman and Athanasopoulos, Forecasting: Principles and
// Practice, 8.2.
type smoothing struct {
	alpha, beta, phi float64
	level, slope     float64 // before the first value that run is given
}

// run updates the state with y and returns the sum of squared one-step errors.
func (s *smoothing) run(y []float64) float64 {
	sse := 0.0
	for _, v := range y {
		f := s.level + s.phi*s.slope
		e := v - f
		sse += e * e
		s.level = f + s.alpha*e
		s.slope = s.phi*s.slope + s.alpha*s.beta*e
	}
	return sse
}

func (s *smoothing) next(h int) []float64 {
	out := make([]float64, h)
	damp, sum := 1.0, 0.0
	for i := range out {
		damp *= s.phi
		sum += damp
		out[i] = s.level + sum*s.slope
	}
	return out
}

// ses is simple exponential smoothing from the first value, with the α in
// [0, 1] of the smallest squared error.
func ses(y []float64, h int) []float64 {
	at := func(x []float64) smoothing { return smoothing{alpha: x[0], level: y[0]} }
	return fitted(y, at, []float64{0.5}, 40).next(h)
}

// holt lets the trend run on for ever: right for short horizons only.
func holt(y []float64, h int) []float64 {
	slope := firstSlope(y)
	at := func(x []float64) smoothing {
		return smoothing{alpha: x[0], beta: x[1], phi: 1, level: y[0], slope: slope}
	}
	return fitted(y, at, []float64{0.5, 0.1}, 80).next(h)
}

// damped holds φ between 0.8 and 0.98, where it can be told from 0 and 1.
func damped(y []float64, h int) []float64 {
	slope := firstSlope(y)
	at := func(x []float64) smoothing {
		return smoothing{alpha: x[0], beta: x[1], phi: 0.8 + 0.18*x[2], level: y[0], slope: slope}
	}
	return fitted(y, at, []float64{0.5, 0.1, 0.5}, 120).next(h)
}

// fitted searches the parameters by one-step squared error and returns the
// state after the last value. The first value is the first level.
func fitted(y []float64, at func([]float64) smoothing, start []float64, budget int) *smoothing {
	best := minimise(func(x []float64) float64 {
		s := at(x)
		return s.run(y[1:])
	}, start, budget)
	s := at(best)
	s.run(y[1:])
	return &s
}

// firstSlope is the mean step over the first few values.
func firstSlope(y []float64) float64 {
	k := min(len(y)-1, 5)
	if k < 1 {
		return 0
	}
	return (y[k] - y[0]) / float64(k)
}

// holtWinters is Holt-Winters with a damped trend: seasons add to the level or
// multiply it. Source: Holt (1957), Winters (1960); Forecasting: Principles and
// Practice, 8.3.
type holtWinters struct {
	multiplicative          bool
	alpha, beta, gamma, phi float64
	level, slope            float64
	season                  []float64
}

func (s *holtWinters) run(y []float64) float64 {
	sse, m := 0.0, len(s.season)
	for t, v := range y {
		base, figure := s.level+s.phi*s.slope, &s.season[t%m]
		var onLevel, onSeason float64
		if s.multiplicative {
			e := v - base**figure
			sse += e * e
			onLevel, onSeason = e / *figure, e/base
		} else {
			e := v - base - *figure
			sse += e * e
			onLevel, onSeason = e, e
		}
		s.level = base + s.alpha*onLevel
		s.slope = s.phi*s.slope + s.alpha*s.beta*onLevel
		*figure += s.gamma * (1 - s.alpha) * onSeason
	}
	return sse
}

// seasonalSmoothing fits Holt-Winters from the figures of a decomposition of
// the first four seasons.
func seasonalSmoothing(y []float64, season, h int, multiplicative bool) []float64 {
	head := y[:min(len(y), 4*season+1)]
	figures, level := indices(head, season, multiplicative), mean(y[:season])
	at := func(x []float64) *holtWinters {
		return &holtWinters{multiplicative: multiplicative, alpha: x[0], beta: 0.3 * x[1], gamma: x[2], phi: 0.8 + 0.18*x[3],
			level: level, season: append([]float64(nil), figures...)}
	}
	s := at(minimise(func(x []float64) float64 { return at(x).run(y) }, []float64{0.3, 0.05, 0.1, 0.5}, 120))
	s.run(y)
	trend := smoothing{phi: s.phi, level: s.level, slope: s.slope}
	out := trend.next(h)
	for i := range out {
		figure := s.season[(len(y)+i)%season]
		if multiplicative {
			out[i] *= figure
		} else {
			out[i] += figure
		}
	}
	return out
}
