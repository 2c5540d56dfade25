package market

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
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

// PredictionTrial is how often what came in markets lay within the intervals
// that were predicted.
type PredictionTrial struct {
	Markets int                 `json:"markets"` // of each kind
	Seed    uint64              `json:"seed"`
	Results []PredictionOutcome `json:"results"`
}

// PredictionOutcome is that of one kind of market, horizon and figure.
type PredictionOutcome struct {
	Market  string  `json:"market"` // "steady" or "wandering"
	History int     `json:"history_days"`
	Days    int     `json:"days"` // ahead
	Figure  string  `json:"figure"`
	Held80  float64 `json:"held_80"` // share of markets whose total lay in the interval
	Held95  float64 `json:"held_95"`
	Width   float64 `json:"width_80"`     // of the 80 % interval, relative to the middle, the median
	Error   float64 `json:"median_error"` // of the middle, relative
}

// The kinds of markets: what the level of a day's spend does from one to the next.
var predictedMarkets = []struct {
	name  string
	drift float64
}{{"steady", 0}, {"wandering", 0.05}}

// Of each kind, so many days are known and so many predicted.
var predictedSpans = [...]struct{ history, days int }{{42, 7}, {42, 28}, {90, 28}}

// TryPredicting asks the predictor what comes in markets whose future is drawn
// beforehand. A day's spend is a level, times noise of 15 % and swings of up to
// 20 %; the level stands, or wanders by 5 % a day; a result costs 5 and 15 % of
// noise.
func TryPredicting(ctx context.Context, markets int, seed uint64) (PredictionTrial, error) {
	trial := PredictionTrial{Markets: markets, Seed: seed}
	for _, m := range predictedMarkets {
		for _, span := range predictedSpans {
			found := make([]outcomes, len(predictedFigures))
			for i := range markets {
				p := newPredicted(seed, fmt.Sprint(m.name, " ", i), m.drift, span.history, span.days)
				if err := p.judge(ctx, found); err != nil {
					return trial, err
				}
			}
			for f, figure := range predictedFigures {
				trial.Results = append(trial.Results, found[f].of(m.name, span.history, span.days, figure))
			}
		}
	}
	return trial, nil
}

var predictedFigures = [...]string{"spend", "conversions", "cpa"}

// outcomes are those of many markets.
type outcomes struct {
	held80, held95 int
	width, error   []float64
}

func (o *outcomes) add(r analysis.Range, was float64) {
	unit := func(v analysis.Value) float64 { return float64(v.Micros) / money.Unit }
	if unit(r.Low80) <= was && was <= unit(r.High80) {
		o.held80++
	}
	if unit(r.Low95) <= was && was <= unit(r.High95) {
		o.held95++
	}
	o.width = append(o.width, (unit(r.High80)-unit(r.Low80))/unit(r.Mid))
	o.error = append(o.error, math.Abs(unit(r.Mid)/was-1))
}

func (o *outcomes) of(market string, history, days int, figure string) PredictionOutcome {
	n := len(o.width)
	out := PredictionOutcome{Market: market, History: history, Days: days, Figure: figure}
	if n > 0 {
		slices.Sort(o.width)
		slices.Sort(o.error)
		out.Held80, out.Held95 = float64(o.held80)/float64(n), float64(o.held95)/float64(n)
		out.Width, out.Error = o.width[n/2], o.error[n/2]
	}
	return out
}

// predicted is a campaign in a market, as far as the predictor asks about it.
type predicted struct {
	campaign      campaigns.State
	budget        *budgets.Budget
	history, days int
	delivered     map[localday.Day]performance.Metrics
}

// predictedNow is the moment at which is asked.
var predictedNow = time.Date(2026, 11, 25, 15, 0, 0, 0, time.UTC)

func newPredicted(seed uint64, name string, drift float64, history, days int) *predicted {
	random := newRand(seed, name)
	began := predictedNow.AddDate(0, 0, -history)
	id := uuid.NewSHA1(uuid.Nil, fmt.Append(nil, seed, name)) // the predictor draws by it
	p := &predicted{history: history, days: days, delivered: map[localday.Day]performance.Metrics{}}
	p.campaign = campaigns.State{
		ID: id, Partner: id, Name: name, Type: campaigns.Search, Objective: campaigns.Conversions, Status: campaigns.Active,
		Currency: "USD", Timezone: "UTC", Channels: []string{"search"}, LaunchedAt: &began,
		Schedule: &campaigns.Schedule{Start: began, End: predictedNow.AddDate(0, 0, days+1)},
	}
	p.budget = budgets.Restore(budgets.State{
		ID: id, Partner: id, Campaign: id, Kind: budgets.KindDaily, Currency: "USD", Timezone: "UTC", Limit: 5000 * money.Unit, AutoPause: true,
	})
	noise := func(size float64) float64 { return math.Exp(size * random.NormFloat64()) }
	level := 0.0
	first := localday.Of(predictedNow, time.UTC) - localday.Day(history)
	for d := range localday.Day(history + days) {
		level += drift * random.NormFloat64()
		spend := 200 * math.Exp(level) * (1 + 0.2*(2*random.Float64()-1)) * noise(0.15)
		results := spend / 5 * noise(0.15)
		p.delivered[first+d] = performance.Metrics{
			Impressions: int64(spend * 200), Clicks: int64(spend * 2), Conversions: int64(math.Round(results)),
			Spend: int64(spend * money.Unit), Revenue: int64(results * 40 * money.Unit),
		}
	}
	return p
}

// judge asks, and holds the answer to what came.
func (p *predicted) judge(ctx context.Context, into []outcomes) error {
	now := func() time.Time { return predictedNow }
	predictor := predict.New(analysis.NewService(p, p, now), p, p, p, p)
	got, err := predictor.Predict(ctx, p.campaign.Partner, p.campaign.ID, predict.Question{Days: p.days})
	if err != nil {
		return fmt.Errorf("predict %s: %w", p.campaign.Name, err)
	}
	var spend, results float64
	for d := range localday.Day(p.days) {
		m := p.delivered[got.First+d]
		spend, results = spend+float64(m.Spend)/money.Unit, results+float64(m.Conversions)
	}
	for _, item := range got.Items {
		switch item.Metric {
		case "spend":
			into[0].add(item.Total, spend)
		case "conversions":
			into[1].add(item.Total, results)
		}
	}
	for _, k := range got.KPIs {
		if k.Metric == "cpa" && k.Range != nil {
			into[2].add(*k.Range, spend/results)
		}
	}
	return nil
}

// Subjects implements performance.Directory.
func (p *predicted) Subjects(context.Context, uuid.UUID, []uuid.UUID) (map[uuid.UUID]performance.Subject, error) {
	s := performance.Subject{Partner: p.campaign.Partner, Campaign: p.campaign.ID, Currency: "USD", Zone: time.UTC}
	return map[uuid.UUID]performance.Subject{s.Campaign: s}, nil
}

// Metrics implements predict.Metrics: days up to yesterday.
func (p *predicted) Metrics(_ context.Context, _, _ uuid.UUID, q performance.Query) (performance.Result, error) {
	r := performance.Result{KnownAt: predictedNow}
	last := min(localday.Of(q.To.Add(-1), time.UTC), localday.Of(predictedNow, time.UTC)-1)
	for d := localday.Of(q.From, time.UTC); d <= last; d++ {
		if m, ok := p.delivered[d]; ok {
			from, to := localday.Bounds(d, time.UTC)
			item := performance.Item{From: from, To: to}
			item.Metrics = m
			r.Items = append(r.Items, item)
		}
	}
	return r, nil
}

// Get implements predict.Campaigns.
func (p *predicted) Get(context.Context, event.Origin, uuid.UUID) (*campaigns.Campaign, error) {
	return campaigns.Restore(p.campaign), nil
}

// List implements predict.Campaigns: there is no other to lean on.
func (p *predicted) List(context.Context, event.Origin, campaigns.Query) ([]*campaigns.Campaign, string, error) {
	return nil, "", nil
}

// ForCampaign implements predict.Ledger.
func (p *predicted) ForCampaign(context.Context, uuid.UUID, uuid.UUID) (*budgets.Budget, error) {
	return p.budget, nil
}

// History implements predict.Log: nothing was changed.
func (p *predicted) History(context.Context, uuid.UUID, uuid.UUID, int64, int) ([]event.Event, error) {
	return nil, nil
}

// Text writes the trial as a table.
func (t *PredictionTrial) Text(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%d markets of each kind, seed %d: how often the total of the days ahead lay in its interval\n\n%-10s %8s %6s %-12s %8s %8s %9s %8s\n",
		t.Markets, t.Seed, "market", "history", "ahead", "figure", "in 80 %", "in 95 %", "80 % is", "error")
	for _, r := range t.Results {
		if err == nil {
			_, err = fmt.Fprintf(w, "%-10s %6d d %4d d %-12s %7.0f%% %7.0f%%  ±%5.1f%% %7.1f%%\n",
				r.Market, r.History, r.Days, r.Figure, 100*r.Held80, 100*r.Held95, 50*r.Width, 100*r.Error)
		}
	}
	return err
}
