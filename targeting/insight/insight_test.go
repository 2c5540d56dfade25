package insight

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func find(t *testing.T, d Demographics, attribute, value string) Group {
	t.Helper()
	for _, g := range d.Groups {
		if g.Attribute == attribute && g.Value == value {
			return g
		}
	}
	t.Fatalf("no group %s = %s in %+v", attribute, value, d.Groups)
	return Group{}
}

func TestAGroupThatIsTwiceAsFrequentHasIndex200(t *testing.T) {
	d := Describe([]Attribute{{
		Name: "city", Basis: "everybody",
		Audience:   Counts{"Lima": 400, "Cusco": 600},
		Population: Counts{"Lima": 2000, "Cusco": 8000},
	}})
	lima := find(t, d, "city", "Lima")
	if lima.Index.Value != 200 || lima.Index.Low < 180 || lima.Index.High > 225 || !lima.Significant || *lima.Q > 1e-6 {
		t.Errorf("%+v %+v", lima, lima.Index)
	}
	if lima.Members != 400 || lima.Share != 0.4 || lima.Population != 0.2 {
		t.Errorf("%+v", lima)
	}
	if d.Groups[0].Significant == false || d.Compared != 2 {
		t.Errorf("%+v", d)
	}
}

func TestAgesStandInTheBracketsOfPlatforms(t *testing.T) {
	in, all := Counts{}, Counts{}
	for age := 18; age < 90; age++ {
		all[fmt.Sprint(age)] = 100
		in[fmt.Sprint(age)] = 10
	}
	in["30"] = 60
	d := Describe([]Attribute{{Name: "age", Audience: in, Population: all}})
	if g := find(t, d, "age", "25-34"); !g.Significant || g.Index.Value < 120 {
		t.Errorf("%+v", g)
	}
	find(t, d, "age", "65+")
	find(t, d, "age", "18-24")
}

func TestNumbersAreDividedIntoFifths(t *testing.T) {
	all, in := Counts{}, Counts{}
	for v := range 100 {
		all[fmt.Sprint(v)], in[fmt.Sprint(v)] = 10, 1
	}
	d := Describe([]Attribute{{Name: "visits", Audience: in, Population: all}})
	if len(d.Groups) != 5 {
		t.Fatalf("%+v", d.Groups)
	}
	for _, g := range d.Groups {
		if math.Abs(g.Population-0.2) > 0.011 || g.Significant {
			t.Errorf("%+v", g)
		}
	}
}

func TestTooFewAreNotJudgedAndNothingIsDivided(t *testing.T) {
	d := Describe([]Attribute{
		{Name: "plan", Audience: Counts{"gold": 9, "free": 1}, Population: Counts{"gold": 10, "free": 90}},
		{Name: "same", Audience: Counts{"x": 10}, Population: Counts{"x": 100}},
		{Name: "none", Audience: Counts{}, Population: Counts{"a": 1, "b": 2}},
	})
	if g := find(t, d, "plan", "gold"); g.Significant || g.P != nil || g.Index == nil {
		t.Errorf("%+v", g)
	}
	if fmt.Sprint(d.Skipped) != "[same none]" {
		t.Errorf("skipped %v", d.Skipped)
	}
}

func TestAKnownPopulationMayLackAGroup(t *testing.T) {
	d := Describe([]Attribute{{Name: "country", Known: true, Audience: Counts{"CO": 90, "XK": 10}, Population: Counts{"CO": 5e7, "PE": 3e7}}})
	if g := find(t, d, "country", "XK"); g.Index != nil || g.Members != 10 {
		t.Errorf("%+v", g)
	}
	if g := find(t, d, "country", "PE"); g.Index.Value != 0 || g.Index.High <= 0 || !g.Significant {
		t.Errorf("%+v %+v", g, g.Index)
	}
}

// Of many groups without any difference hardly a file should have a significant
// one: without the correction nearly all would.
func TestChanceIsNotCalledADifference(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	alarms, plain := 0, 0
	const rounds = 200
	for range rounds {
		var attributes []Attribute
		for a := range 8 {
			all, in := Counts{}, Counts{}
			for range 1500 {
				value := fmt.Sprint("v", r.IntN(6))
				all[value]++
				if r.IntN(3) == 0 {
					in[value]++
				}
			}
			attributes = append(attributes, Attribute{Name: fmt.Sprint("a", a), Audience: in, Population: all})
		}
		d := Describe(attributes)
		found, raw := false, false
		for _, g := range d.Groups {
			found = found || g.Significant
			raw = raw || g.P != nil && *g.P < Significant
		}
		if found {
			alarms++
		}
		if raw {
			plain++
		}
	}
	if alarms > rounds/10 || plain < rounds/2 {
		t.Errorf("%d of %d files have a difference by chance, %d without the correction", alarms, rounds, plain)
	}
}

func TestTheIntervalOfAnIndexHoldsIt(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	const share, other = 0.3, 0.2 // in the audience, in the rest; a fifth are the audience
	truth := 100 * share / (0.2*share + 0.8*other)
	inside := 0
	for range 400 {
		in, all := Counts{}, Counts{}
		for i := range 2000 {
			p := other
			if i%5 == 0 {
				p = share
			}
			value := "no"
			if r.Float64() < p {
				value = "yes"
			}
			all[value]++
			if i%5 == 0 {
				in[value]++
			}
		}
		g := find(t, Describe([]Attribute{{Name: "a", Audience: in, Population: all}}), "a", "yes")
		if g.Index.Low <= truth && truth <= g.Index.High {
			inside++
		}
	}
	if inside < 360 {
		t.Errorf("%d of 400 intervals of 95 %% hold the index", inside)
	}
}

func TestWhateverTheCountsNothingIsNaN(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom([]string{"a", "b", "c", "1", "2.5", "-7", "1e9", "NaN", "Inf", ""})
		count := rapid.Map(rapid.IntRange(0, 4000), func(n int) float64 { return float64(n) / 4 }) // weighted rows
		counts := rapid.MapOfN(value, count, 0, 8)
		in := Counts(counts.Draw(t, "audience"))
		all := Counts(counts.Draw(t, "population"))
		known := rapid.Bool().Draw(t, "known")
		if !known { // the audience is a part of it
			for v, n := range in {
				all[v] += n
			}
		}
		for _, g := range Describe([]Attribute{{Name: "x", Audience: in, Population: all, Known: known}}).Groups {
			values := []float64{g.Share, g.Population}
			if g.Index != nil {
				values = append(values, g.Index.Value, g.Index.Low, g.Index.High)
				if g.Index.Low > g.Index.Value+1e-6 || g.Index.High < g.Index.Value-1e-6 {
					t.Fatalf("%+v", g.Index)
				}
			}
			if g.Q != nil {
				values = append(values, *g.P, *g.Q)
			}
			for _, v := range values {
				if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
					t.Fatalf("%+v %+v", g, g.Index)
				}
			}
		}
	})
}
