package anomaly

import (
	"math"
	"slices"
	"testing"
)

// A tail must hold exactly the last values, in order of size, whatever comes.
func TestTailKeepsTheLastInOrder(t *testing.T) {
	r := noise(1)
	kept := newTail(50)
	var all []float32
	for range 2000 {
		v := float64(r.IntN(30)) // many equal
		kept.add(v)
		all = append(all, float32(v))
		want := slices.Clone(all[max(0, len(all)-50):])
		slices.Sort(want)
		if !slices.Equal(kept.sorted, want) {
			t.Fatalf("after %d: %v, want %v", len(all), kept.sorted, want)
		}
	}
}

func TestSurpriseIsTheLogOfAShare(t *testing.T) {
	kept := newTail(1000)
	for i := range 999 {
		kept.add(float64(i))
	}
	for _, c := range []struct{ v, want float64 }{
		{-1, 0}, // all are as far out: 1000/1000
		{499, -math.Log10(501.0 / 1000)},
		{900, -math.Log10(100.0 / 1000)},
	} {
		if got := kept.surprise(c.v, 0); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("surprise(%g) = %g, want %g", c.v, got, c.want)
		}
	}
	if got := kept.surprise(905, 5); math.Abs(got+math.Log10(100.0/1000)) > 1e-9 {
		t.Errorf("a distance of the grain counts: %g", got)
	}
}

// Around the bar the extrapolation must be about right, for light tails and
// for heavy ones; further out it need only grow.
func TestSurpriseBeyondTheRanks(t *testing.T) {
	for _, c := range []struct {
		name string
		draw func(u float64) float64 // the quantile 1-u
	}{
		{"exponential", func(u float64) float64 { return -math.Log(u) }},
		{"Pareto of index 1/3", func(u float64) float64 { return math.Pow(u, -1.0/3) }},
	} {
		kept, r := newTail(3000), noise(2)
		for range 3000 {
			kept.add(c.draw(1 - r.Float64()))
		}
		for _, digits := range []float64{2, 2.5, 3} {
			if got := kept.surprise(c.draw(math.Pow(10, -digits)), 0); math.Abs(got-digits) > 0.2*digits {
				t.Errorf("%s: one in 10^%g is called one in 10^%.2f", c.name, digits, got)
			}
		}
	}
}

func TestSurpriseGrowsWithTheValue(t *testing.T) {
	kept, r := newTail(500), noise(3)
	for range 500 {
		kept.add(math.Abs(r.NormFloat64()))
	}
	before := 0.0
	for v := 0.0; v < 20; v += 0.01 {
		now := kept.surprise(v, 0)
		if now < before-1e-9 || math.IsNaN(now) {
			t.Fatalf("surprise(%g) = %g after %g", v, now, before)
		}
		before = now
	}
}

func TestTailOfFewSaysNothing(t *testing.T) {
	kept := newTail(100)
	for i := range fewest - 1 {
		kept.add(float64(i))
	}
	if got := kept.surprise(1e6, 0); got != 0 {
		t.Errorf("%d values: surprise %g", fewest-1, got)
	}
	if got := (&tail{}).quantile(0.5); got != 0 {
		t.Errorf("quantile of nothing: %g", got)
	}
}
