package predict_test

import (
	"reflect"
	"testing"

	"github.com/hexabuilders/campaignd/budgets"
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
