package predict_test

import (
	"reflect"
	"testing"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/predict"
	"github.com/hexabuilders/campaignd/performance/analysis"
)

func TestTheSameQuestionHasTheSameAnswer(t *testing.T) {
	h := newHouse()
	id := h.campaign(1, budgets.KindDaily, 500, market{days: 40, mean: 200, noise: 0.1, swing: 0.3, cpa: flat(10)})
	for _, q := range []predict.Question{{}, {Days: 30, DailyBudget: "150.00"}} {
		if a, b := h.ask(t, id, q), h.ask(t, id, q); !reflect.DeepEqual(a, b) {
			t.Errorf("%+v: two answers", q)
		}
	}
}

// TestIntervalsHoldWhatTheyPromise draws markets that stand and markets that
// wander, and counts how often what came lay in the 80 % interval of the week's
// total, and of its ratios.
func TestIntervalsHoldWhatTheyPromise(t *testing.T) {
	runs, least := 150, 0.73
	if testing.Short() {
		runs, least = 20, 0.5
	}
	for name, drift := range map[string]float64{"a level that stands": 0, "a level that wanders": 0.05} {
		held := map[string]int{}
		for seed := range uint64(runs) {
			m := market{days: 42, mean: 200, noise: 0.15, swing: 0.2, drift: drift, cpa: flat(5)}
			holds(t, seed, m, held)
		}
		for _, of := range []string{"spend", "conversions", "cpa"} {
			if share := float64(held[of]) / float64(runs); share < least || runs > 20 && share > 0.9 {
				t.Errorf("%s: the 80 %% interval of %s held in %.0f %% of %d markets", name, of, 100*share, runs)
			}
		}
		t.Logf("%s, of %d: %v", name, runs, held)
	}
}

// holds counts what the intervals of one market's week held.
func holds(t *testing.T, seed uint64, m market, held map[string]int) {
	h := newHouse()
	p := h.ask(t, h.campaign(seed, budgets.KindDaily, 5000, m), predict.Question{})
	spend, results := 0.0, 0.0
	for d, day := range simulated(seed, m, m.days+7) {
		if d >= p.First {
			spend, results = spend+float64(day.Spend)/money.Unit, results+float64(day.Conversions)
		}
	}
	in := func(name string, was float64, r analysis.Range) {
		if was >= units(r.Low80) && was <= units(r.High80) {
			held[name]++
		}
	}
	in("spend", spend, total(p, "spend"))
	in("conversions", results, total(p, "conversions"))
	for _, k := range p.KPIs {
		if k.Metric == "cpa" && k.Range != nil {
			in("cpa", spend/results, *k.Range)
		}
	}
}

// TestOrderOfBounds: whatever came, each interval holds its middle, the wide one
// holds the narrow one, and nothing is below zero.
func TestOrderOfBounds(t *testing.T) {
	for seed := range uint64(20) {
		h := newHouse()
		id := h.campaign(seed, budgets.KindDaily, 300, market{days: 3 + int(seed)*3, mean: 150, noise: 0.5, swing: 0.9, cpa: flat(60)})
		p := h.ask(t, id, predict.Question{Days: 20})
		check := func(of string, r analysis.Range) {
			low95, low80, mid, high80, high95 := units(r.Low95), units(r.Low80), units(r.Mid), units(r.High80), units(r.High95)
			if low95 > low80 || low80 > mid || mid > high80 || high80 > high95 || low95 < 0 && of != "roi" {
				t.Errorf("seed %d, %s: %v %v %v %v %v", seed, of, low95, low80, mid, high80, high95)
			}
		}
		for _, item := range p.Items {
			check(item.Metric, item.Total)
			for _, point := range item.Points {
				check(item.Metric, point.Range)
			}
		}
		for _, k := range p.KPIs {
			if k.Range != nil {
				check(k.Metric, *k.Range)
			}
		}
	}
}
