package predict_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/predict"
	"github.com/hexabuilders/campaignd/optimization/response"
	"github.com/hexabuilders/campaignd/performance/analysis"
)

func TestNothingIsExpectedBeyondTheBudgetOrTheSchedule(t *testing.T) {
	m := market{days: 42, mean: 200, noise: 0.1, cpa: flat(10)}
	most := func(p predict.Prediction) float64 { return units(total(p, "spend").High95) }
	for name, tt := range map[string]struct {
		kind   budgets.Kind
		limit  int64
		change func(*campaigns.State)
		days   int
		most   float64
		effect string
	}{
		"a daily limit":   {budgets.KindDaily, 150, nil, 10, 1500, "budget"},
		"a total limit":   {budgets.KindTotal, 900, nil, 10, 900, "budget"},
		"a monthly limit": {budgets.KindMonthly, 400, nil, 10, 800, "budget"}, // the rest of November, and December's
		"an end":          {budgets.KindDaily, 9000, func(s *campaigns.State) { s.Schedule.End = now.Truncate(24*time.Hour).AddDate(0, 0, 2) }, 10, 800, "schedule"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse()
			id := h.campaign(5, tt.kind, tt.limit, m)
			if tt.change != nil {
				tt.change(&h.states[0])
			}
			p := h.ask(t, id, predict.Question{Days: tt.days})
			if got := most(p); got > tt.most+1e-6 {
				t.Errorf("spends up to %.2f of %.2f", got, tt.most)
			}
			named := false
			for _, e := range p.Effects {
				named = named || e.Name == tt.effect && e.Relative < 0
			}
			if !named {
				t.Errorf("effects: %+v", p.Effects)
			}
		})
	}
}

// A budget that is spent pauses its campaign whatever auto_pause says: that is
// about thresholds.
func TestABudgetHoldsWithoutAutoPause(t *testing.T) {
	h := newHouse()
	id := h.campaign(5, budgets.KindTotal, 900, market{days: 42, mean: 200, noise: 0.1, cpa: flat(10)})
	state := h.budgets[id].State()
	state.AutoPause = false
	h.budgets[id] = budgets.Restore(state)
	if got := units(total(h.ask(t, id, predict.Question{Days: 10}), "spend").High95); got > 900 {
		t.Errorf("spends up to %.2f of 900", got)
	}
}

// A CRITICAL threshold pauses below the limit, and for good: on the days after it
// nothing comes, until a person resumes the campaign.
func TestACriticalThresholdPauses(t *testing.T) {
	fired := now.Add(-time.Hour)
	today := localday.Of(now, time.UTC)
	for name, tt := range map[string]struct {
		kind      budgets.Kind
		limit     int64
		autoPause bool
		threshold budgets.Threshold
		openDay   localday.Day
		most      float64
		effect    string
	}{
		"a total":                {budgets.KindTotal, 1000, true, budgets.Threshold{Percent: 80, Severity: budgets.SeverityCritical}, today, 800, "budget_pause"},
		"a daily, on one day":    {budgets.KindDaily, 150, true, budgets.Threshold{Percent: 80, Severity: budgets.SeverityCritical}, today, 120, "budget_pause"},
		"a monthly, and no next": {budgets.KindMonthly, 400, true, budgets.Threshold{Percent: 50, Severity: budgets.SeverityCritical}, today, 200, "budget_pause"},
		"without auto_pause":     {budgets.KindTotal, 1000, false, budgets.Threshold{Percent: 80, Severity: budgets.SeverityCritical}, today, 1000, "budget"},
		"one that only alerts":   {budgets.KindTotal, 1000, true, budgets.Threshold{Percent: 80, Severity: budgets.SeverityHigh}, today, 1000, "budget"},
		"one that was passed":    {budgets.KindTotal, 1000, true, budgets.Threshold{Percent: 80, Severity: budgets.SeverityCritical, FiredAt: &fired}, today, 1000, "budget"},
		"passed yesterday":       {budgets.KindDaily, 150, true, budgets.Threshold{Percent: 80, Severity: budgets.SeverityCritical, FiredAt: &fired}, today - 1, 120, "budget_pause"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse()
			id := h.campaign(5, tt.kind, tt.limit, market{days: 42, mean: 200, noise: 0.01, cpa: flat(10)})
			state := h.budgets[id].State()
			state.AutoPause, state.Thresholds, state.OpenDay = tt.autoPause, []budgets.Threshold{tt.threshold}, tt.openDay
			h.budgets[id] = budgets.Restore(state)
			p := h.ask(t, id, predict.Question{Days: 10})
			if got := units(total(p, "spend").High95); math.Abs(got-tt.most) > 1e-6 {
				t.Errorf("spends up to %.2f of %.2f", got, tt.most)
			}
			if !slices.ContainsFunc(p.Effects, func(e predict.Effect) bool { return e.Name == tt.effect && e.Relative < 0 }) {
				t.Errorf("effects: %+v", p.Effects)
			}
		})
	}
}

func TestAPlanSpendsNoMoreThanIsLeft(t *testing.T) {
	h := newHouse()
	id := h.campaign(5, budgets.KindTotal, 900, market{days: 42, mean: 200, noise: 0.1, swing: 0.3, cpa: flat(10)})
	p := h.ask(t, id, predict.Question{Days: 14, DailyBudget: "150"})
	if got := units(total(p, "spend").High95); got > 900 {
		t.Errorf("spends up to %.2f of 900", got)
	}
}

func TestWhatDoesNotRunIsPredictedAsIfItDid(t *testing.T) {
	for name, change := range map[string]func(*house, uuid.UUID){
		"over":   func(h *house, _ uuid.UUID) { h.states[0].Status = campaigns.Completed },
		"past":   func(h *house, _ uuid.UUID) { h.states[0].Schedule.End = now.AddDate(0, 0, -3) },
		"paused": func(h *house, _ uuid.UUID) { h.states[0].Status = campaigns.Paused },
		"no money": func(h *house, id uuid.UUID) {
			s := h.budgets[id].State()
			s.Settled = s.Limit
			h.budgets[id] = budgets.Restore(s)
		},
	} {
		h := newHouse()
		id := h.campaign(5, budgets.KindTotal, 20_000, market{days: 42, mean: 200, noise: 0.1, cpa: flat(10)})
		change(h, id)
		p := h.ask(t, id, predict.Question{})
		said := false
		for _, e := range p.Effects {
			said = said || e.Name == "not_running"
		}
		if spend := units(total(p, "spend").Mid); !said || spend < 1000 {
			t.Errorf("%s: %.2f, %+v", name, spend, p.Effects)
		}
	}
}

func TestAPlannedBudgetMovesTheResultsAlongTheCurve(t *testing.T) {
	h := newHouse()
	falling := func(spend float64) float64 { return 5 + spend/20 } // each result costs more than the one before
	id := h.campaign(8, budgets.KindDaily, 200, market{days: 56, mean: 200, noise: 0.03, swing: 0.4, cpa: falling})
	p := h.ask(t, id, predict.Question{DailyBudget: "100"})
	if got := units(analysis.Value{Micros: p.Planned.Spend.Micros}); math.Abs(got-100) > 1e-6 {
		t.Fatalf("spends %.2f a day of 100", got)
	}
	for _, c := range p.Planned.Changes {
		if c.Metric != "conversions" {
			continue
		}
		kept := units(c.With.Mid) / units(c.Without.Mid)
		if want := (100 / falling(100)) / (200 / falling(200)); math.Abs(kept-want) > 0.12 {
			t.Errorf("half of the budget keeps %.2f of the results; the market keeps %.2f", kept, want)
		}
	}
	for _, miss := range p.Planned.Accuracy {
		if miss.Days != 7 || math.Abs(miss.Error) > 0.15 {
			t.Errorf("the curve missed days it had not seen: %+v", miss)
		}
	}
	if len(p.Planned.Accuracy) != 4 {
		t.Errorf("tried on %+v", p.Planned.Accuracy)
	}
	up := h.ask(t, id, predict.Question{DailyBudget: "250"})
	if up.Planned.Spend.Micros <= up.Planned.Present.Micros {
		t.Errorf("a campaign held by its budget spends %s of %s", up.Planned.Spend, up.Planned.DailyBudget)
	}
}

func TestALargerBudgetChangesNothingForOneThatDoesNotSpendItsOwn(t *testing.T) {
	h := newHouse()
	id := h.campaign(8, budgets.KindDaily, 1000, market{days: 56, mean: 200, noise: 0.1, swing: 0.3, cpa: flat(10)})
	p := h.ask(t, id, predict.Question{DailyBudget: "3000"})
	for _, c := range p.Planned.Changes {
		if c.With != c.Without {
			t.Errorf("%s: %v becomes %v", c.Metric, c.Without.Mid, c.With.Mid)
		}
	}
}

func TestWhatCannotBeKnownIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		m      market
		budget string
		want   error
	}{
		"too few days":       {market{days: 9, mean: 200, swing: 0.3, cpa: flat(10)}, "100", response.ErrShort},
		"a spend that stood": {market{days: 40, mean: 200, cpa: flat(10)}, "100", response.ErrNoVariation},
		"far beyond":         {market{days: 40, mean: 200, swing: 0.3, cpa: flat(10)}, "5000", response.ErrBeyond},
		"not an amount":      {market{days: 40, mean: 200, swing: 0.3, cpa: flat(10)}, "1e3", fault.ErrInvalid},
		"nothing":            {market{days: 40, mean: 200, swing: 0.3, cpa: flat(10)}, "0", fault.ErrInvalid},
		"below nothing":      {market{days: 40, mean: 200, swing: 0.3, cpa: flat(10)}, "-5", fault.ErrInvalid},
		"more than there is": {market{days: 40, mean: 200, swing: 0.3, cpa: flat(10)}, strings.Repeat("9", 30), fault.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse()
			id := h.campaign(2, budgets.KindDaily, 200, tt.m)
			if _, err := h.predictor().Predict(t.Context(), h.partner, id, predict.Question{Days: 7, DailyBudget: tt.budget}); !errors.Is(err, tt.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A refusal speaks of what was asked: the campaign and a day, not of channels and
// periods.
func TestARefusalSpeaksOfTheCampaign(t *testing.T) {
	h := newHouse()
	id := h.campaign(2, budgets.KindDaily, 200, market{days: 40, mean: 200, swing: 0.3, cpa: flat(10)})
	still := h.campaign(2, budgets.KindDaily, 200, market{days: 40, mean: 200, cpa: flat(10)})
	for campaign, words := range map[uuid.UUID][]string{id: {"The campaign", "a day", "5000.00 USD", "Up to "}, still: {"The campaign", "spend hardly varied"}} {
		_, err := h.predictor().Predict(t.Context(), h.partner, campaign, predict.Question{Days: 7, DailyBudget: "5000"})
		if campaign == still {
			_, err = h.predictor().Predict(t.Context(), h.partner, campaign, predict.Question{Days: 7, DailyBudget: "100"})
		}
		e := fault.As(err)
		if e == nil {
			t.Fatal(err)
		}
		for _, word := range words {
			if !strings.Contains(e.Detail, word) {
				t.Errorf("no %q in %q", word, e.Detail)
			}
		}
		if most, ok := e.Extra["most"].(money.Money); campaign == id {
			if _, err := h.predictor().Predict(t.Context(), h.partner, campaign, predict.Question{Days: 7, DailyBudget: money.FormatMicros(most.Micros)}); err != nil || !ok {
				t.Errorf("the most that is named: %v", err)
			}
		}
		if strings.Contains(e.Detail, "channel") || strings.Contains(e.Detail, "period") {
			t.Errorf("says %q", e.Detail)
		}
	}
}
