package forecast

import (
	"math"
	"slices"
	"testing"
)

// near compares to nine decimals: the expected figures are worked by hand.
func near(t *testing.T, what string, got []float64, want ...float64) {
	t.Helper()
	within(t, 1e-9, what, got, want...)
}

// within is for what a search of parameters found.
func within(t *testing.T, tolerance float64, what string, got []float64, want ...float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance*math.Max(1, math.Abs(want[i]))) {
			t.Fatalf("%s: got %v, want %v", what, got, want)
		}
	}
}

func TestSmoothingByHand(t *testing.T) {
	s := smoothing{alpha: 0.5, level: 10}
	// f=10 e=2 l=11; f=11 e=0 l=11
	near(t, "simple: error", []float64{s.run([]float64{12, 11})}, 4)
	near(t, "simple: forecast", s.next(2), 11, 11)

	s = smoothing{alpha: 0.5, beta: 0.5, phi: 1, level: 10, slope: 1}
	// f=11 e=1 l=11.5 b=1.25; f=12.75 e=0.25 l=12.875 b=1.3125
	near(t, "holt: error", []float64{s.run([]float64{12, 13})}, 1.0625)
	near(t, "holt: forecast", s.next(2), 14.1875, 15.5)

	s = smoothing{phi: 0.5, level: 10, slope: 2}
	near(t, "damped: forecast", s.next(3), 11, 11.5, 11.75)
}

func TestFittedSmoothing(t *testing.T) {
	within(t, 0.01, "ses of a walk up takes the last value", ses([]float64{1, 2, 3, 4, 5, 6}, 2), 6, 6)
	near(t, "holt of a line", holt([]float64{1, 2, 3, 4, 5, 6}, 2), 7, 8)
	noise := []float64{5, 7, 5, 7, 5, 7, 5, 7, 5, 7, 5, 7}
	if got := ses(noise, 1)[0]; got < 5 || got > 6.5 {
		t.Errorf("ses of an alternation: %g, want near the first level, far from the last value", got)
	}
}

func TestHoltWintersByHand(t *testing.T) {
	additive := holtWinters{alpha: 0.5, gamma: 0.5, phi: 1, level: 10, season: []float64{-2, 2}}
	// f=8 e=2: l=11, s0=-2+0.5*0.5*2=-1.5; f=13 e=-1: l=10.5, s1=2-0.25=1.75
	near(t, "additive: error", []float64{additive.run([]float64{10, 12})}, 5)
	near(t, "additive: state", append([]float64{additive.level}, additive.season...), 10.5, -1.5, 1.75)

	multiplicative := holtWinters{multiplicative: true, alpha: 0.5, gamma: 0.5, phi: 1, level: 10, season: []float64{0.5, 2}}
	// f=5 e=1: l=10+0.5*1/0.5=11, s0=0.5+0.25*1/10=0.525
	near(t, "multiplicative: error", []float64{multiplicative.run([]float64{6})}, 1)
	near(t, "multiplicative: state", []float64{multiplicative.level, multiplicative.season[0]}, 11, 0.525)
}

func TestDoubleSeasonByHand(t *testing.T) {
	fresh := func() *doubleSeason {
		return &doubleSeason{alpha: 0.5, delta: 0.25, omega: 0.1, phi: 0.5, level: 10, short: []float64{1}, long: []float64{2, -2}}
	}
	s := fresh()
	// y=15: e=15-13=2, counted 2²; l=11, d=1.5, w0=2.2, last=2
	// y=12: e=12-(11+1.5-2)=1.5, counted (1.5-0.5*2)²; l=11.75, d=1.875, w1=-1.85
	near(t, "error", []float64{s.squared([]float64{15, 12}, 0), fresh().squared([]float64{15, 12}, 1)}, 4.25, 0.25)
	near(t, "state", []float64{s.level, s.short[0], s.long[0], s.long[1], s.last}, 11.75, 1.875, 2.2, -1.85, 1.5)
	near(t, "forecast", s.next(2, 2), 11.75+1.875+2.2+0.75, 11.75+1.875-1.85+0.375)
	// One step ahead a fifth of |2| and |0.5|; from the first value, with a
	// season of one, all three distances are one: 12-(11+1.5-2+0.5*2) = 0.5.
	near(t, "distant", []float64{fresh().distant([]float64{15, 12}, 0)}, 2.5/5+3*0.5)
}

func TestFirstFigures(t *testing.T) {
	level, short, long := firstFigures([]float64{1, 5, 3, 7, 1, 5, 3, 7, 99}, 2, 4)
	near(t, "level", []float64{level}, 4)
	near(t, "short", short, -2, 2)
	near(t, "long", long, -0.7, -0.7, 0.7, 0.7)
}

func TestThetaByHand(t *testing.T) {
	intercept, slope := line([]float64{1, 3, 2})
	near(t, "line", []float64{intercept, slope}, 1.5, 0.5)
	// The doubled line of a line is itself; smoothed with α=1 it stays at 10.
	within(t, 0.01, "half the slope", theta([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 3), 10.5, 11, 11.5)
}

func TestDynamicThetaFollowsTheRunningLine(t *testing.T) {
	s := dynamicTheta{alpha: 0.5, theta: 2, level: 1, rest: 1}
	for _, v := range []float64{1, 2, 4} {
		s.see(v)
	}
	// Least squares over t=1,2,3: slope 1.5, value at 0: 7/3-3. Level: 1, 1.5, 2.75.
	near(t, "line", []float64{s.b, s.a, s.level}, 1.5, 7.0/3-3, 2.75)
	// l + (1-1/2)(0.125 a + (1-0.0625)/0.5 b)
	near(t, "next", []float64{s.mu()}, 2.75+0.5*(0.125*(7.0/3-3)+1.875*1.5))
	s.theta = 1
	near(t, "θ=1 is simple smoothing", []float64{s.mu()}, 2.75)
}

var quarters = []float64{1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4}

func TestSeasonalityTestByHand(t *testing.T) {
	// Deviations ±1.5, ±0.5; their squares sum to 15.
	near(t, "autocorrelation", autocorrelation(quarters, 4), -0.75/15, -7.5/15, -4.25/15, 10.0/15)
	// 1.645 sqrt((1+2(0.0025+0.25+0.0803))/12) = 0.613 < 0.667
	if !Seasonal(quarters, 4) {
		t.Error("a series that repeats itself three times is seasonal")
	}
	for what, y := range map[string][]float64{
		"two seasons and a bit": quarters[:11],
		"constant":              make([]float64, 20),
		"a line":                {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
	} {
		if Seasonal(y, 4) {
			t.Errorf("%s passes for seasonal", what)
		}
	}
}

func TestDecompositionByHand(t *testing.T) {
	trend := centred([]float64{1, 2, 3, 4, 5, 9}, 4)
	// (1/2+2+3+4+5/2)... the halves stand at the ends: (0.5+2+3+4+2.5)/4 = 3
	near(t, "2x4 average", trend[2:4], 3, (1+3+4+5+4.5)/4.0)
	if !math.IsNaN(trend[1]) || !math.IsNaN(trend[4]) {
		t.Errorf("the ends have no centre: %v", trend)
	}
	near(t, "odd", centred([]float64{1, 2, 6}, 3)[1:2], 3)
	near(t, "multiplicative", indices(quarters, 4, true), 0.4, 0.8, 1.2, 1.6)
	near(t, "additive", indices(quarters, 4, false), -1.5, -0.5, 0.5, 1.5)
	near(t, "of nothing", indices([]float64{1, 2, 3}, 4, true), 1, 1, 1, 1)
}

func TestNaiveMethods(t *testing.T) {
	near(t, "naive", Naive([]float64{1, 5}, 2), 5, 5)
	near(t, "seasonal", SeasonalNaive([]float64{9, 1, 2, 3}, 3, 4), 1, 2, 3, 1)
	near(t, "shorter than a season", SeasonalNaive([]float64{1, 2}, 7, 3), 1, 2, 1)
	near(t, "naive2", Naive2(quarters, 4, 5), 1, 2, 3, 4, 1)
	near(t, "naive2, inside a season", Naive2(append(slices.Clone(quarters), 1, 2), 4, 3), 3, 4, 1)
	near(t, "naive2 without a season", Naive2([]float64{3, 1, 2}, 4, 2), 2, 2)
	near(t, "drift", drift([]float64{1, 9, 5}, 2), 7, 9)
	// medians of phase 0: 1, 2, 9 → 2; of phase 1: 5, 5, 5
	near(t, "profile", profile([]float64{1, 5, 2, 5, 9, 5}, 2, 2, 2), 2, 5)
}

func TestMetricsByHand(t *testing.T) {
	missing := math.NaN()
	near(t, "smape", []float64{
		SMAPE([]float64{100, 0}, []float64{110, 0}),
		SMAPE([]float64{100, missing}, []float64{110, 7}),
		SMAPE([]float64{5}, []float64{-5}),
	}, 100.0*10/105/2, 100.0*10/105, 200)
	near(t, "scale", []float64{Scale([]float64{1, 2, 4, 7}, 1), Scale([]float64{1, 2, 4, 7}, 2), Scale([]float64{1, 2, missing, 7, 9}, 1)}, 2, 4, 1.5)
	near(t, "mase", []float64{MASE([]float64{1, 2, 4, 7}, []float64{9, 9}, []float64{8, 12}, 1)}, 1)
	near(t, "owa", []float64{OWA(5, 1, 10, 4)}, 0.375)
	for _, v := range []float64{SMAPE(nil, nil), MASE([]float64{3, 3}, []float64{1}, []float64{1}, 1), Scale([]float64{1}, 1)} {
		if !math.IsNaN(v) {
			t.Errorf("a measure of nothing is %g", v)
		}
	}
}

func TestRidge(t *testing.T) {
	fit := newRidge(3)
	for _, x := range [][]float64{{1, 2, 0}, {2, -1, 0}, {3, 1, 0}, {-1, 4, 0}} {
		fit.add(x, 2*x[0]-3*x[1], 1)
	}
	near(t, "exact, and a column of zeros", fit.solve(0), 2, -3, 0)
	twice := newRidge(2)
	for _, v := range []float64{1, 2, 3} {
		twice.add([]float64{v, v}, 4*v, 1)
	}
	c := twice.solve(0.001)
	if math.Abs(c[0]+c[1]-4) > 0.01 {
		t.Errorf("two equal columns share the slope: %v", c)
	}
	near(t, "nothing", newRidge(2).solve(0.1), 0, 0)
}

func TestMinimise(t *testing.T) {
	valley := func(x []float64) float64 {
		return 1 + 100*math.Pow(x[1]-x[0]*x[0], 2) + math.Pow(0.7-x[0], 2)
	}
	x := minimise(valley, []float64{0.1, 0.9}, 400)
	if math.Abs(x[0]-0.7) > 0.02 || math.Abs(x[1]-0.49) > 0.03 {
		t.Errorf("curved valley: %v, want 0.7, 0.49", x)
	}
	edge := minimise(func(x []float64) float64 { return 2 - x[0] }, []float64{0.5}, 60)
	if edge[0] != 1 {
		t.Errorf("a minimum on the edge: %v", edge)
	}
	hole := minimise(func(x []float64) float64 {
		if x[0] < 0.4 {
			return math.NaN()
		}
		return x[0]
	}, []float64{0.9}, 60)
	if hole[0] < 0.4 || hole[0] > 0.45 {
		t.Errorf("beside what cannot be computed: %v", hole)
	}
}
