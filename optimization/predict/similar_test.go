package predict_test

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/forecast"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/predict"
	"github.com/hexabuilders/campaignd/performance/analysis"
)

// TestAccuracyIsThePredictorsOwn: a young campaign is rehearsed with those it
// leans on, and a plan that cannot be tried on days of the past says nothing.
func TestAccuracyIsThePredictorsOwn(t *testing.T) {
	h := newHouse()
	id := h.campaign(1, budgets.KindDaily, 100, market{days: 9, mean: 50, noise: 0.05, cpa: flat(10)})
	alone := h.ask(t, id, predict.Question{})
	h.campaign(2, budgets.KindDaily, 200, market{days: 40, mean: 10, noise: 0.05, cpa: flat(10)}) // spends a twentieth of its plan
	leaning := h.ask(t, id, predict.Question{})
	for m, item := range leaning.Items {
		got := leaning.Accuracy[m]
		if item.Backtest != got.Backtest || got.Origins == 0 || got.Horizon != 3 || got.Held80 < 0 || got.Held80 > 1 {
			t.Errorf("%s: %+v", item.Metric, got)
		}
	}
	if s, a := leaning.Accuracy[3].SMAPE, alone.Accuracy[3].SMAPE; s <= a {
		t.Errorf("misled, it misses %.1f %% in place of %.1f %%", s, a)
	}
	short := h.campaign(8, budgets.KindDaily, 200, market{days: 18, mean: 200, noise: 0.03, swing: 0.4, cpa: flat(10)})
	if p := h.ask(t, short, predict.Question{DailyBudget: "100"}); len(p.Planned.Accuracy) != 0 {
		t.Errorf("18 days leave too little to learn from: %+v", p.Planned.Accuracy)
	}
}

func TestAYoungCampaignLeansOnSimilarOnes(t *testing.T) {
	for days, own := range map[int]float64{0: 0, 1: 1. / 14, 7: 0.5, 13: 13. / 14, 14: 1} {
		h := newHouse()
		id := h.campaign(1, budgets.KindDaily, 100, market{days: days, mean: 300, noise: 0.05, cpa: flat(30)})
		like := h.campaign(2, budgets.KindDaily, 200, market{days: 40, mean: 100, noise: 0.05, cpa: flat(10)}) // spends half of its plan
		other := h.campaign(3, budgets.KindDaily, 200, market{days: 40, mean: 200, cpa: flat(1)})
		h.states[2].Objective, h.states[2].Type = campaigns.Awareness, campaigns.Display
		p := h.ask(t, id, predict.Question{})
		if math.Abs(p.Own-own) > 1e-9 {
			t.Errorf("%d days weigh %.3f", days, p.Own)
		}
		for _, l := range p.Similar {
			if l.ID == other || l.ID == id || l.ID == like && (l.Similarity < 0.79 || l.Weight != 1 || l.Days != 40) {
				t.Errorf("%d days: %+v", days, l)
			}
		}
		if own < 1 && len(p.Similar) != 1 {
			t.Errorf("%d days lean on %d campaigns", days, len(p.Similar))
		}
		if days == 0 {
			spend, results := units(total(p, "spend").Mid), units(total(p, "conversions").Mid)
			if math.Abs(spend-7*50) > 30 || math.Abs(spend/results-10) > 1 || p.Confidence != forecast.Low {
				t.Errorf("spends %.1f for %.1f results, confidence %s", spend, results, p.Confidence)
			}
		}
	}
}

// TestWhoIsLikeItIsJudgedAsItWasKnown: what happens to other campaigns after a
// moment does not change the answer as of that moment.
func TestWhoIsLikeItIsJudgedAsItWasKnown(t *testing.T) {
	known := now.Add(-time.Hour)
	later := now.Add(-time.Minute)
	for name, change := range map[string]func(h *house, like *campaigns.State){
		"another objective": func(h *house, like *campaigns.State) {
			h.happened(like.ID, later, campaigns.Updated{Changes: []event.Change{{Field: "objective", Before: like.Objective, After: campaigns.Awareness}}})
			like.Objective, like.UpdatedAt = campaigns.Awareness, later
		},
		"other channels, twice": func(h *house, like *campaigns.State) {
			h.happened(like.ID, later, campaigns.Updated{Changes: []event.Change{{Field: "channels", Before: like.Channels, After: []string{"video"}}}})
			h.happened(like.ID, later, campaigns.Updated{Changes: []event.Change{{Field: "channels", Before: []string{"video"}, After: []string{"display"}}}})
			like.Channels, like.UpdatedAt = []string{"display"}, later
		},
		"another limit": func(h *house, like *campaigns.State) {
			b := h.budgets[like.ID].State()
			h.happened(b.ID, later, budgets.Changed{Changes: []event.Change{{Field: "limit", Before: money.New(b.Limit, "USD"), After: money.New(3*b.Limit, "USD")}}})
			b.Limit, b.UpdatedAt = 3*b.Limit, later
			h.budgets[like.ID] = budgets.Restore(b)
		},
		"a new one": func(h *house, _ *campaigns.State) {
			h.campaign(4, budgets.KindDaily, 100, market{days: 40, mean: 90, cpa: flat(1)})
			h.states[len(h.states)-1].LaunchedAt = &later
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse()
			id := h.campaign(1, budgets.KindDaily, 100, market{days: 3, mean: 50, noise: 0.1, cpa: flat(30)})
			h.campaign(2, budgets.KindDaily, 200, market{days: 40, mean: 100, noise: 0.1, cpa: flat(10)})
			q := predict.Question{AsOf: analysis.AsOf{KnownAt: known}}
			before := h.ask(t, id, q)
			change(h, &h.states[1])
			if after := h.ask(t, id, q); !reflect.DeepEqual(before, after) {
				t.Errorf("%+v, and later %+v", before.Similar, after.Similar)
			}
			if newest := h.ask(t, id, predict.Question{}); reflect.DeepEqual(before.Similar, newest.Similar) {
				t.Error("what is known now has no effect")
			}
		})
	}
}

func TestTheMostAlikeIsFoundAmongMany(t *testing.T) {
	h := newHouse()
	like := h.campaign(2, budgets.KindDaily, 200, market{days: 40, mean: 100, cpa: flat(10)}) // the oldest
	for range 450 {
		h.campaign(3, budgets.KindDaily, 200, market{cpa: flat(1)})
		h.states[len(h.states)-1].Objective = campaigns.Awareness
	}
	id := h.campaign(1, budgets.KindDaily, 100, market{cpa: flat(30)})
	if p := h.ask(t, id, predict.Question{}); len(p.Similar) != 1 || p.Similar[0].ID != like {
		t.Errorf("leans on %+v", p.Similar)
	}
}

func TestNobodyToLeanOn(t *testing.T) {
	h := newHouse()
	id := h.campaign(1, budgets.KindDaily, 100, market{cpa: flat(1)})
	young := h.campaign(2, budgets.KindDaily, 100, market{days: 5, mean: 50, noise: 0.1, cpa: flat(10)})
	if _, err := h.predictor().Predict(t.Context(), h.partner, id, predict.Question{Days: 7}); !errors.Is(err, analysis.ErrTooLittle) {
		t.Errorf("without any day: %v", err)
	}
	if p := h.ask(t, young, predict.Question{}); p.Own != 1 || len(p.Similar) != 0 {
		t.Errorf("own weight %.2f, %d similar", p.Own, len(p.Similar))
	}
	for _, days := range []int{0, -1, 91} {
		if _, err := h.predictor().Predict(t.Context(), h.partner, young, predict.Question{Days: days}); !errors.Is(err, analysis.ErrDays) {
			t.Errorf("%d days: %v", days, err)
		}
	}
}
