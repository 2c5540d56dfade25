package response

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// market makes a history of two channels with known curves: b saturates early,
// and spend acts on with the given carry-over.
func market(days int, carry, noise float64) (h History, at func(a, b float64) float64) {
	r := rand.New(rand.NewPCG(3, 4))
	at = func(a, b float64) float64 { return 5 + 30*a/(60+a) + 12*b/(10+b) }
	h = History{Channels: []string{"a", "b"}, Spend: make([][]float64, 2)}
	var seen [2]float64
	for range days {
		for c, usual := range []float64{50, 30} {
			x := usual * math.Exp(0.6*r.NormFloat64())
			h.Spend[c] = append(h.Spend[c], x)
			seen[c] = (1-carry)*x + carry*seen[c]
		}
		h.Result = append(h.Result, at(seen[0], seen[1])*(1+noise*r.NormFloat64()))
	}
	return h, at
}

func fit(t *testing.T, h History, carry bool) *Model {
	t.Helper()
	effort := 0
	if testing.Short() {
		effort = 1_000
	}
	m, err := Fit(h, Options{Seed: 1, Carry: carry, Effort: effort})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAFitFindsTheCurves(t *testing.T) {
	h, at := market(150, 0.4, 0.03)
	m := fit(t, h, true)
	for _, split := range [][]float64{{50, 30}, {100, 20}, {20, 60}} {
		got, err := m.Expected(split)
		if err != nil {
			t.Fatal(err)
		}
		if want := at(split[0], split[1]); math.Abs(got.Mean-want) > 0.06*want || got.Low > got.Mean || got.High < got.Mean {
			t.Errorf("%v brings %.2f, expected %+v", split, want, got)
		}
	}
	if carry := m.Shape(0).Carry; math.Abs(carry.Mean-0.4) > 0.1 {
		t.Errorf("the carry-over of 0.4 is taken for %+v", carry)
	}
	if a, b := m.Marginal(0, 50), m.Marginal(1, 30); a.Mean < b.Mean {
		t.Errorf("the next unit brings %+v in a, %+v in b, and b is full", a, b)
	}
}

func TestTheSameHistoryGivesTheSameModel(t *testing.T) {
	h, _ := market(60, 0, 0.1)
	one, two := fit(t, h, true), fit(t, h, true)
	if diff := cmp.Diff(one.states, two.states, cmp.AllowUnexported(state{}, curve{})); diff != "" {
		t.Error(diff)
	}
}

// Money in another unit and results in another unit change nothing else.
func TestUnitsDoNotMatter(t *testing.T) {
	h, _ := market(60, 0, 0.1)
	base := fit(t, h, false)
	scaled := History{Channels: h.Channels, Spend: [][]float64{nil, nil}}
	for day, y := range h.Result {
		for c := range h.Spend {
			scaled.Spend[c] = append(scaled.Spend[c], h.Spend[c][day]*4096)
		}
		scaled.Result = append(scaled.Result, y*8)
	}
	other := fit(t, scaled, false)
	a, b := base.Mean(0, 70), other.Mean(0, 70*4096)/8
	if math.Abs(a-b) > 1e-6*a {
		t.Errorf("%g and %g", a, b)
	}
}

func TestFarBeyondWhatWasSeenIsRefused(t *testing.T) {
	h, _ := market(60, 0, 0.1)
	m := fit(t, h, false)
	if _, err := m.Expected([]float64{m.Reach(0) * 1.01, 30}); !errors.Is(err, ErrBeyond) {
		t.Errorf("beyond: %v", err)
	}
	if _, err := m.Gain([]float64{50, 30}, []float64{math.NaN(), 30}); !errors.Is(err, ErrBeyond) {
		t.Errorf("not a number: %v", err)
	}
	if _, err := m.Expected([]float64{m.Reach(0), 0}); err != nil {
		t.Error(err)
	}
}

func TestLessIsKnownWhereSpendsMovedTogether(t *testing.T) {
	h, _ := market(120, 0, 0.05)
	apart := fit(t, h, false)
	for day := range h.Result {
		h.Spend[1][day] = h.Spend[0][day] * 0.6
		h.Result[day] = 5 + 30*h.Spend[0][day]/(60+h.Spend[0][day]) + 12*h.Spend[1][day]/(10+h.Spend[1][day])
	}
	together := fit(t, h, false)
	width := func(m *Model) float64 { u := m.Shape(1).Usual; return (u.High - u.Low) / u.Mean }
	if width(together) < 1.5*width(apart) {
		t.Errorf("width %.2f together, %.2f apart", width(together), width(apart))
	}
}

func TestWhatCannotBeLearnedFromIsRefused(t *testing.T) {
	good, _ := market(30, 0, 0.1)
	for _, c := range []struct {
		name   string
		change func(*History)
		want   error
	}{
		{"short", func(h *History) { h.Result = h.Result[:13]; h.Spend[0], h.Spend[1] = h.Spend[0][:13], h.Spend[1][:13] }, ErrShort},
		{"no results", func(h *History) {
			for i := range h.Result {
				h.Result[i] = 0
			}
		}, ErrNoResult},
		{"steady", func(h *History) {
			for i := range h.Result {
				h.Spend[0][i], h.Spend[1][i] = 5, 6
			}
		}, ErrNoVariation},
		{"negative spend", func(h *History) { h.Spend[0][3] = -1 }, nil},
		{"NaN spend", func(h *History) { h.Spend[0][3] = math.NaN() }, nil},
		{"infinite result", func(h *History) { h.Result[3] = math.Inf(1) }, nil},
		{"no channels", func(h *History) { h.Channels = nil }, nil},
		{"a spend too few", func(h *History) { h.Spend[1] = h.Spend[1][1:] }, nil},
	} {
		h := History{Channels: good.Channels, Result: append([]float64(nil), good.Result...)}
		for _, s := range good.Spend {
			h.Spend = append(h.Spend, append([]float64(nil), s...))
		}
		c.change(&h)
		if _, err := Fit(h, Options{Seed: 1}); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Odd histories give finite answers.
func TestAnswersAreFinite(t *testing.T) {
	odd, _ := market(40, 0, 0.1)
	odd.Channels = append(odd.Channels, "never", "once")
	never, once := make([]float64, 40), make([]float64, 40)
	once[7] = 1e9
	odd.Spend = append(odd.Spend, never, once)
	odd.Result[5], odd.Result[6], odd.Result[7] = math.NaN(), 0, 1e6
	m := fit(t, odd, true)
	for c := range odd.Channels {
		for _, x := range []float64{0, 1e-9, 50, 1e9} {
			for _, v := range []float64{m.Mean(c, x), m.Cautious(c, x), m.Marginal(c, x).Mean} {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%s at %g: %g", odd.Channels[c], x, v)
				}
			}
		}
	}
	if m.Reach(2) != 0 {
		t.Errorf("a channel that never spent reaches %g", m.Reach(2))
	}
}
