package predict_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/forecast"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/predict"
	"github.com/hexabuilders/campaignd/optimization/response"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/analysis"
)

var now = time.Date(2026, 11, 25, 15, 0, 0, 0, time.UTC)

// house is a partner with campaigns, each with a budget and days of delivery.
type house struct {
	partner uuid.UUID
	states  []campaigns.State
	budgets map[uuid.UUID]*budgets.Budget
	days    map[uuid.UUID]map[localday.Day]performance.Metrics
	log     map[uuid.UUID][]event.Event
}

func newHouse() *house {
	return &house{partner: uuid.Must(uuid.NewV7()), budgets: map[uuid.UUID]*budgets.Budget{}, days: map[uuid.UUID]map[localday.Day]performance.Metrics{}, log: map[uuid.UUID][]event.Event{}}
}

// market is what a campaign delivers.
type market struct {
	days  int
	mean  float64                     // spend of a day, in units
	noise float64                     // relative
	swing float64                     // how much the spend varies on purpose
	drift float64                     // of the level, from day to day
	cpa   func(spend float64) float64 // of the day's spend
}

func flat(cpa float64) func(float64) float64 { return func(float64) float64 { return cpa } }

// campaign adds one with a daily budget, and the days of its market up to today.
func (h *house) campaign(seed uint64, kind budgets.Kind, limit int64, m market) uuid.UUID {
	id, at := uuid.Must(uuid.NewV7()), now.AddDate(0, 0, -60)
	s := campaigns.State{
		ID: id, Partner: h.partner, Name: fmt.Sprint("campaign ", len(h.states)), Type: campaigns.Search, Objective: campaigns.Conversions,
		Status: campaigns.Active, Currency: "USD", Timezone: "UTC", Channels: []string{"search"}, LaunchedAt: &at,
		Schedule: &campaigns.Schedule{Start: at, End: now.AddDate(0, 0, 60)},
	}
	h.states = append(h.states, s)
	h.budgets[id] = budgets.Restore(budgets.State{ID: uuid.Must(uuid.NewV7()), Partner: h.partner, Campaign: id, Kind: kind, Currency: "USD", Timezone: "UTC", Limit: limit * money.Unit, AutoPause: true})
	h.days[id] = simulated(seed, m, m.days)
	return id
}

func simulated(seed uint64, m market, n int) map[localday.Day]performance.Metrics {
	random := rand.New(rand.NewPCG(seed, 3))
	days := map[localday.Day]performance.Metrics{}
	today, level := localday.Of(now, time.UTC), 0.0
	for d := today - localday.Day(m.days); d < today-localday.Day(m.days)+localday.Day(n); d++ {
		level += m.drift * random.NormFloat64()
		spend := m.mean * math.Exp(level) * (1 + m.swing*(2*random.Float64()-1)) * math.Exp(m.noise*random.NormFloat64())
		results := spend / m.cpa(spend) * math.Exp(m.noise*random.NormFloat64())
		days[d] = performance.Metrics{
			Impressions: int64(spend * 200), Clicks: int64(spend * 2), Conversions: int64(math.Round(results)),
			Spend: int64(spend * money.Unit), Revenue: int64(results * 40 * money.Unit),
		}
	}
	return days
}

func (h *house) predictor() *predict.Predictor {
	return predict.New(analysis.NewService(h, h, func() time.Time { return now }), h, h, h, h)
}

func (h *house) Subjects(_ context.Context, _ uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]performance.Subject, error) {
	found := map[uuid.UUID]performance.Subject{}
	for _, s := range h.states {
		if s.ID == ids[0] {
			found[s.ID] = performance.Subject{Partner: s.Partner, Campaign: s.ID, Currency: string(s.Currency), Zone: time.UTC}
		}
	}
	return found, nil
}

func (h *house) Metrics(_ context.Context, partner, campaign uuid.UUID, q performance.Query) (performance.Result, error) {
	r := performance.Result{KnownAt: now}
	if !q.KnownAt.IsZero() {
		r.KnownAt = q.KnownAt
	}
	if partner != h.partner {
		return r, performance.ErrNotFound
	}
	for d := localday.Of(q.From, time.UTC); d <= localday.Of(q.To.Add(-1), time.UTC); d++ {
		if m, ok := h.days[campaign][d]; ok {
			from, to := localday.Bounds(d, time.UTC)
			item := performance.Item{From: from, To: to}
			item.Metrics = m
			r.Items = append(r.Items, item)
		}
	}
	return r, nil
}

func (h *house) Get(_ context.Context, _ event.Origin, id uuid.UUID) (*campaigns.Campaign, error) {
	for _, s := range h.states {
		if s.ID == id {
			return campaigns.Restore(s), nil
		}
	}
	return nil, campaigns.ErrNotFound
}

// List has pages, the newest first, as the store.
func (h *house) List(_ context.Context, by event.Origin, q campaigns.Query) (page []*campaigns.Campaign, cursor string, err error) {
	for _, s := range slices.Backward(h.states) {
		switch id := s.ID.String(); {
		case s.Partner != by.Partner || len(q.Status) > 0 && !slices.Contains(q.Status, s.Status) || q.Cursor != "" && id >= q.Cursor:
		case len(page) == q.Limit:
			return page, page[q.Limit-1].State().ID.String(), nil
		default:
			page = append(page, campaigns.Restore(s))
		}
	}
	return page, "", nil
}

func (h *house) History(_ context.Context, _, aggregate uuid.UUID, after int64, _ int) ([]event.Event, error) {
	return h.log[aggregate][after:], nil
}

// happened adds an event about an aggregate.
func (h *house) happened(id uuid.UUID, at time.Time, data event.Data) {
	var rec event.Recorder
	rec.Record("test", id, 0, at, event.Origin{Partner: h.partner}, data)
	for _, e := range rec.Pull() {
		e.Seq = int64(len(h.log[id]) + 1)
		h.log[id] = append(h.log[id], e)
	}
}

func (h *house) ForCampaign(_ context.Context, _, campaign uuid.UUID) (*budgets.Budget, error) {
	return h.budgets[campaign], nil
}

func (h *house) ask(t testing.TB, campaign uuid.UUID, q predict.Question) predict.Prediction {
	t.Helper()
	if q.Days == 0 {
		q.Days = 7
	}
	p, err := h.predictor().Predict(t.Context(), h.partner, campaign, q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func total(p predict.Prediction, metric string) analysis.Range {
	for _, item := range p.Items {
		if item.Metric == metric {
			return item.Total
		}
	}
	return analysis.Range{}
}

func units(v analysis.Value) float64 { return float64(v.Micros) / money.Unit }

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
	runs, least := 150, 0.72
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
			if share := float64(held[of]) / float64(runs); share < least || runs > 20 && share > 0.97 {
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
