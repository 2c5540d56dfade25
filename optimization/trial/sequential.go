package trial

import "math"

// Sample is what one side brought: results out of chances. Chances are
// impressions or clicks for a share, and units of money for a rate.
type Sample struct {
	Results float64
	Chances float64
}

// Rate is results per chance; 0 without chances.
func (s Sample) Rate() float64 {
	if s.Chances <= 0 {
		return 0
	}
	return s.Results / s.Chances
}

// Test is how two sides compare after all that was seen.
type Test struct {
	Difference float64 `json:"difference"` // relative: 0.1 is a tenth better than the first
	Lambda     float64 `json:"log_lambda"` // the logarithm of the mixture likelihood ratio
}

// Spread is the standard deviation, relative to the rate, of the differences
// that are worth finding: the mixture of the test.
const Spread = 0.2

// Shares compares two shares, such as conversions of clicks.
func Shares(a, b Sample) Test {
	p := (a.Results + b.Results) / (a.Chances + b.Chances)
	return compare(a, b, p*(1-p))
}

// Rates compares two rates, such as results per money: counts that vary as much
// more than Poisson as dispersion says, 1 or more.
func Rates(a, b Sample, dispersion float64) Test {
	r := (a.Results + b.Results) / (a.Chances + b.Chances)
	return compare(a, b, r*max(1, dispersion))
}

// compare is the test of a difference of means of which each observation has a
// variance: Λ = sqrt(s²/(s²+τ²)) exp(τ²d²/(2s²(s²+τ²))), with s² the variance of
// the difference d and τ the mixture's spread.
func compare(a, b Sample, variance float64) Test {
	if a.Chances <= 0 || b.Chances <= 0 || !(variance > 0) {
		return Test{}
	}
	d := b.Rate() - a.Rate()
	s2 := variance * (1/a.Chances + 1/b.Chances)
	pooled := (a.Results + b.Results) / (a.Chances + b.Chances)
	tau2 := Spread * pooled * Spread * pooled
	lambda := 0.5*math.Log(s2/(s2+tau2)) + tau2*d*d/(2*s2*(s2+tau2))
	t := Test{Lambda: lambda}
	if rate := a.Rate(); rate > 0 {
		t.Difference = d / rate
	}
	return t
}

// Speaks reports whether the difference is more than chance at a level such as
// 0.05, that of all looks together.
func (t Test) Speaks(level float64) bool { return t.Lambda >= math.Log(1/level) }

// Interval is the difference of two rates relative to the first, with its
// standard error there.
func Interval(a, b Sample, dispersion float64) (difference, deviation float64) {
	if a.Rate() <= 0 || b.Chances <= 0 {
		return 0, math.Inf(1)
	}
	r := (a.Results + b.Results) / (a.Chances + b.Chances)
	return b.Rate()/a.Rate() - 1, math.Sqrt(r*max(1, dispersion)*(1/a.Chances+1/b.Chances)) / a.Rate()
}

// Mismatch is the chance that traffic meant to be divided as wanted came as it
// did, by the chi-squared test with one degree of freedom less than there are
// sides. Under 0.001 something is wrong with the division, and nothing that the
// sides brought can be compared.
func Mismatch(got []float64, wanted []float64) float64 {
	total, all := 0.0, 0.0
	for i := range got {
		total, all = total+got[i], all+wanted[i]
	}
	if total <= 0 || all <= 0 || len(got) < 2 {
		return 1
	}
	chi := 0.0
	for i := range got {
		if expected := total * wanted[i] / all; expected > 0 {
			chi += (got[i] - expected) * (got[i] - expected) / expected
		}
	}
	return chiTail(chi, float64(len(got)-1))
}

// LeastMatch is the chance below which a division is not believed.
const LeastMatch = 0.001

// chiTail is the upper tail of chi-squared, by Wilson and Hilferty's cube.
func chiTail(x, degrees float64) float64 {
	if degrees == 1 {
		return math.Erfc(math.Sqrt(x / 2))
	}
	z := (math.Cbrt(x/degrees) - (1 - 2/(9*degrees))) / math.Sqrt(2/(9*degrees))
	return 0.5 * math.Erfc(z/math.Sqrt2)
}
