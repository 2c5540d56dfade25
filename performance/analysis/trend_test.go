package analysis

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// share of seeds for which a made-up series is called a trend.
func share(n int, draw func(r *rand.Rand) []float64) float64 {
	found := 0
	for seed := range n {
		if d := TrendOf(draw(rand.New(rand.NewPCG(uint64(seed), 7)))).Direction; d == "rising" || d == "falling" {
			found++
		}
	}
	return float64(found) / float64(n)
}

func noise(r *rand.Rand, n int, f func(t int) float64) []float64 {
	out := make([]float64, n)
	for t := range out {
		out[t] = f(t) + r.NormFloat64()
	}
	return out
}

// A test at 5 % finds a trend in about 5 % of what has none, weekday or not.
func TestNoiseIsNoTrend(t *testing.T) {
	weekday := func(t int) float64 { return []float64{0, 1, 2, 3, 4, -20, -30}[t%7] }
	for name, draw := range map[string]func(*rand.Rand) []float64{
		"10 days":           func(r *rand.Rand) []float64 { return noise(r, 10, func(int) float64 { return 50 }) },
		"28 days":           func(r *rand.Rand) []float64 { return noise(r, 28, func(int) float64 { return 50 }) },
		"90 days":           func(r *rand.Rand) []float64 { return noise(r, 90, func(int) float64 { return 50 }) },
		"30 days, weekends": func(r *rand.Rand) []float64 { return noise(r, 30, weekday) },
	} {
		if got := share(1500, draw); got < 0.02 || got > 0.075 {
			t.Errorf("%s: %.3f are called trends, about 0.05 may be", name, got)
		}
	}
}

// Days that resemble their neighbours are not taken for so many witnesses.
func TestAutocorrelationIsNoTrend(t *testing.T) {
	got := share(800, func(r *rand.Rand) []float64 {
		last := 0.0
		return noise(r, 60, func(int) float64 { last = 0.5*last + r.NormFloat64(); return 5 * last })
	})
	if got > 0.13 {
		t.Errorf("%.3f are called trends", got)
	}
}

func TestARealTrendIsFound(t *testing.T) {
	slope, inside := 0.0, 0
	const n = 400
	power := share(n, func(r *rand.Rand) []float64 {
		s := noise(r, 28, func(t int) float64 { return 10 + 0.1*float64(t) + 3*float64(t%7) })
		found := TrendOf(s)
		slope += found.Slope / n
		if found.Low <= 0.1 && 0.1 <= found.High {
			inside++
		}
		return s
	})
	if power < 0.8 || math.Abs(slope-0.1) > 0.01 {
		t.Errorf("found in %.2f, slope %.3f", power, slope)
	}
	if held := float64(inside) / n; held < 0.92 || held > 0.99 {
		t.Errorf("the 95 %% interval holds in %.3f", held)
	}
}

func TestTheSameInOtherUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		series := rapid.SliceOfN(rapid.Float64Range(0, 1000), 8, 60).Draw(t, "series")
		scaled := make([]float64, len(series))
		for i, v := range series {
			scaled[i] = 1024 * v // exact in floats
		}
		a, b := TrendOf(series), TrendOf(scaled)
		if a.P != b.P || a.Direction != b.Direction || math.Abs(b.Slope-1024*a.Slope) > 1e-6*math.Abs(b.Slope) {
			t.Fatalf("%+v became %+v", a, b)
		}
	})
}

func TestShortConstantAndBroken(t *testing.T) {
	gap := math.NaN()
	for name, c := range map[string]struct {
		series            []float64
		direction, reason string
	}{
		"nothing":   {nil, "unknown", "too_few_days"},
		"seven":     {[]float64{1, 2, 3, 4, 5, 6, 7}, "unknown", "too_few_days"},
		"gaps":      {[]float64{1, gap, gap, 4, gap, 6, 7, 8, gap, 9}, "unknown", "too_few_days"},
		"constant":  {[]float64{5, 5, 5, 5, 5, 5, 5, 5, 5}, "none", "constant"},
		"eight":     {[]float64{1, 2, 3, 4, 5, 6, 7, 8}, "rising", ""},
		"one burst": {[]float64{1, 2, 1, 2, 1, 2, 1, 2, 1, 900}, "none", ""},
	} {
		got := TrendOf(c.series)
		if got.Direction != c.direction || got.Reason != c.reason {
			t.Errorf("%s: %q %q", name, got.Direction, got.Reason)
		}
		for _, v := range []float64{got.Slope, got.Low, got.High, got.P, got.Tau, got.Inflation, got.Weekly} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
}
