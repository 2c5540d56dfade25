package trial

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Ten thousand pairs of creatives that are the same, watched after every event:
// at most one in twenty is ever told apart.
func TestAAStreamsRarelySpeak(t *testing.T) {
	streams, events := 10_000, 1_500
	if testing.Short() {
		streams = 1_000
	}
	random := rand.New(rand.NewPCG(11, 12))
	alarms := 0
	for range streams {
		rate := 0.02 + 0.3*random.Float64()
		var sides [2]Sample
		for i := range events {
			s := &sides[i%2]
			s.Chances++
			if random.Float64() < rate {
				s.Results++
			}
			if sides[0].Results+sides[1].Results > 0 && Shares(sides[0], sides[1]).Speaks(0.05) {
				alarms++
				break
			}
		}
	}
	t.Logf("%d of %d streams spoke", alarms, streams)
	if alarms > streams/20 {
		t.Errorf("%d of %d streams spoke without reason", alarms, streams)
	}
}

// Before and after a change that does nothing: a fixed time before, watched after
// every day that follows.
func TestAChangeThatDoesNothingRarelySpeaks(t *testing.T) {
	const runs, level = 4_000, 0.05
	random := rand.New(rand.NewPCG(5, 6))
	alarms := 0
	for range runs {
		before, after := Sample{Results: poisson(random, 20*14), Chances: 14}, Sample{}
		for range 60 {
			after.Results += poisson(random, 20)
			after.Chances++
			if Rates(before, after, 1).Speaks(level) {
				alarms++
				break
			}
		}
	}
	t.Logf("%d of %d spoke", alarms, runs)
	if alarms > runs*level {
		t.Errorf("%d of %d spoke without reason", alarms, runs)
	}
}

func poisson(random *rand.Rand, mean float64) float64 {
	n, p := 0.0, math.Exp(-mean/10)
	for range 10 { // in parts, so that the exponential does not vanish
		for x := random.Float64(); x > p; x *= random.Float64() {
			n++
		}
	}
	return n
}

func TestADifferenceIsFound(t *testing.T) {
	if got := Shares(Sample{100, 1_000}, Sample{160, 1_000}); !got.Speaks(0.05) || math.Abs(got.Difference-0.6) > 1e-9 {
		t.Errorf("%+v", got)
	}
	if got := Rates(Sample{300, 14}, Sample{120, 7}, 1); got.Difference > -0.19 {
		t.Errorf("%+v", got)
	}
	for _, nothing := range []Test{Shares(Sample{}, Sample{}), Shares(Sample{0, 10}, Sample{0, 10}), Rates(Sample{}, Sample{1, 1}, math.NaN())} {
		if nothing.Speaks(0.5) || math.IsNaN(nothing.Difference) {
			t.Errorf("nothing was seen: %+v", nothing)
		}
	}
}

func TestDivide(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	shares, best := Divide([]Sample{{10, 1_000}, {40, 1_000}, {11, 1_000}}, 10, random)
	if shares[0]+shares[1]+shares[2] != 100 || shares[0] < 10 || shares[2] < 10 || shares[1] < 70 || best[1] < 0.95 {
		t.Errorf("%v %v", shares, best)
	}
	for _, n := range []int{1, 2, 7, 30} {
		shares, _ := Divide(make([]Sample, n), 10, random)
		sum := 0
		for _, s := range shares {
			if sum += s; s < min(10, 100/n) {
				t.Errorf("%d sides: %v", n, shares)
			}
		}
		if sum != 100 {
			t.Errorf("%d sides: %v", n, shares)
		}
	}
}

func TestMismatch(t *testing.T) {
	if p := Mismatch([]float64{5_000, 5_080}, []float64{50, 50}); p < 0.1 {
		t.Errorf("a fair division has %g", p)
	}
	if p := Mismatch([]float64{5_000, 5_600}, []float64{50, 50}); p > LeastMatch {
		t.Errorf("a broken division has %g", p)
	}
	if p := Mismatch([]float64{100, 100, 100}, []float64{80, 10, 10}); p > LeastMatch {
		t.Errorf("three broken parts have %g", p)
	}
}
