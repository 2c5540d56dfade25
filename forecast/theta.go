package forecast

// theta is the mean of the straight line through the series and of simple
// exponential smoothing of the line that doubles its curvature, 2y - line.
// Source: Assimakopoulos and Nikolopoulos (2000); Hyndman and Billah (2003).
func theta(y []float64, h int) []float64 {
	intercept, slope := line(y)
	bent := make([]float64, len(y))
	for t := range y {
		bent[t] = 2*y[t] - (intercept + slope*float64(t))
	}
	out := ses(bent, h)
	for i := range out {
		out[i] = (out[i] + intercept + slope*float64(len(y)+i)) / 2
	}
	return out
}

// line is the least squares line over t = 0, 1, 2, ...
func line(y []float64) (intercept, slope float64) {
	n := float64(len(y))
	middle, centre := (n-1)/2, mean(y)
	covariance, variance := 0.0, 0.0
	for t, v := range y {
		d := float64(t) - middle
		covariance += d * (v - centre)
		variance += d * d
	}
	if variance == 0 {
		return centre, 0
	}
	slope = covariance / variance
	return centre - slope*middle, slope
}

// dynamicTheta is the dynamic optimised theta model, which lets the line
// follow the series and chooses θ: μ = l + (1-1/θ)((1-α)^{t-1} A +
// (1-(1-α)^t)/α B), where A and B are the running least squares line. Source:
// Fiorucci, Pellegrini, Louzada, Petropoulos, Koehler, "Models for optimising
// the theta method", IJF 32 (2016), eq. 15-21.
type dynamicTheta struct {
	alpha, theta float64
	level        float64
	a, b, mean   float64
	t            float64 // values seen
	rest         float64 // (1-α)^t
}

// mu is the next value expected.
func (s *dynamicTheta) mu() float64 {
	return s.level + (1-1/s.theta)*(s.rest*s.a+(1-s.rest*(1-s.alpha))/s.alpha*s.b)
}

func (s *dynamicTheta) see(v float64) {
	s.t++
	s.rest *= 1 - s.alpha
	old := s.mean
	s.level += s.alpha * (v - s.level)
	s.mean += (v - s.mean) / s.t
	s.b = ((s.t-2)*s.b + 6/s.t*(v-old)) / (s.t + 1)
	if s.t == 1 {
		s.b = 0
	}
	s.a = s.mean - (s.t+1)/2*s.b
}

// run returns the squared one-step errors from the third value on.
func (s *dynamicTheta) run(y []float64) float64 {
	sse := 0.0
	for _, v := range y {
		if s.t >= 2 {
			e := v - s.mu()
			sse += e * e
		}
		s.see(v)
	}
	return sse
}

// dynamicOptimisedTheta searches α in [0.05, 0.99] and θ in [1, 10].
func dynamicOptimisedTheta(y []float64, h int) []float64 {
	at := func(x []float64) *dynamicTheta {
		return &dynamicTheta{alpha: 0.05 + 0.94*x[0], theta: 1 + 9*x[1], level: y[0], rest: 1}
	}
	s := at(minimise(func(x []float64) float64 { return at(x).run(y) }, []float64{0.5, 0.11}, 50))
	s.run(y)
	out := make([]float64, h)
	for i := range out {
		out[i] = s.mu()
		s.see(out[i])
	}
	return out
}
