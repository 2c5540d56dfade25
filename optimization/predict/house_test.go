package predict_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/predict"
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
	today := localday.Of(now, time.UTC)
	for d := today - localday.Day(m.days); d < today-localday.Day(m.days)+localday.Day(n); d++ {
		spend := m.mean * (1 + m.swing*(2*random.Float64()-1)) * math.Exp(m.noise*random.NormFloat64())
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
