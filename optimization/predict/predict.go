package predict

import (
	"context"
	"errors"
	"hash/fnv"
	"math"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/forecast"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/analysis"
)

// Outlooks forecasts a campaign from its own days: analysis.Service.
type Outlooks interface {
	Outlook(ctx context.Context, partner, campaign uuid.UUID, days int, asOf analysis.AsOf) (analysis.Outlook, error)
}

// Metrics is performance.Service's queries.
type Metrics interface {
	Metrics(ctx context.Context, partner, campaign uuid.UUID, q performance.Query) (performance.Result, error)
}

// Campaigns is campaigns.Service.
type Campaigns interface {
	Get(ctx context.Context, by event.Origin, id uuid.UUID) (*campaigns.Campaign, error)
	List(ctx context.Context, by event.Origin, q campaigns.Query) ([]*campaigns.Campaign, string, error)
}

// Ledger finds the budget of a campaign: budgets.Service.
type Ledger interface {
	ForCampaign(ctx context.Context, partner, campaign uuid.UUID) (*budgets.Budget, error)
}

// Log is what happened to a campaign or a budget: sqlstore.Log.
type Log interface {
	History(ctx context.Context, partner, aggregate uuid.UUID, after int64, limit int) ([]event.Event, error)
}

// Predictor answers from what it is given to read.
type Predictor struct {
	outlooks  Outlooks
	metrics   Metrics
	campaigns Campaigns
	budgets   Ledger
	log       Log
}

// New returns a Predictor.
func New(o Outlooks, m Metrics, c Campaigns, b Ledger, l Log) *Predictor {
	return &Predictor{o, m, c, b, l}
}

// Question is what is asked. The campaign's own budget and schedule are taken as
// they are now, also when the numbers are asked as of an earlier moment; similar
// campaigns as they were known then.
type Question struct {
	Days        int // local days, the present one first
	AsOf        analysis.AsOf
	DailyBudget string // what it might spend a day instead, in its currency; "" for what it has
	Bid         string // what it might bid instead; "" for what it does
}

// Prediction is the answer.
type Prediction struct {
	analysis.Outlook // its items are after similar campaigns, plan, budget and schedule

	KPIs     []KPI
	Accuracy []Accuracy // of the items, in their order: the predictor's own, not that of the forecast it begins with
	Scale    float64    // what that made of the distance of the bounds from the middle: below 1 is narrower

	Own     float64 // weight of the campaign's own days, 0 to 1; the rest is Similar's
	Similar []Likeness
	Effects []Effect
	Planned *Planned // nil without one
}

// KPI is a ratio of what is to come.
type KPI struct {
	Metric string
	Points []analysis.Point
	Total  analysis.Value
	Range  *analysis.Range // nil where too many of the futures have no such ratio
}

// Effect is what a factor does to the prediction.
type Effect struct {
	Name     string // "weekdays", "trend", "similar_campaigns", "budget", "budget_pause", "schedule", "not_running", "planned_budget", "planned_bid"
	Metric   string
	Relative float64 // change of the metric's total, or of a week for a trend; for weekdays the best above the mean
	Text     string
}

// Planned is a daily budget or a bid that was asked about.
type Planned struct {
	DailyBudget *money.Money // nil when a bid was
	Bid         *money.Money // nil when a budget was
	PresentBid  *money.Money
	Present     money.Money // spend of a day of late
	Spend       money.Money // and what it would be
	Changes     []Change
	Accuracy    []Miss // of the curves; none: it is not known, as the days are too few or spent too much
}

// Miss is by how much a response curve missed a result that it had not seen.
type Miss struct {
	Metric string
	Days   int     // the last ones, held out
	Error  float64 // of their sum, relative: 0.1 expected a tenth more than came
}

// Change is a metric's total as things are, and as they are planned.
type Change struct {
	Metric        string
	Without, With analysis.Range
}

// Predict answers a question. The errors are those of analysis.Outlook, of
// response curves that cannot be learned or are asked too far, and of fields.
func (p *Predictor) Predict(ctx context.Context, partner, campaign uuid.UUID, q Question) (Prediction, error) {
	o, err := p.outlooks.Outlook(ctx, partner, campaign, q.Days, q.AsOf)
	tooLittle := err
	if err != nil && !errors.Is(err, analysis.ErrTooLittle) {
		return Prediction{}, err
	}
	c, err := p.campaigns.Get(ctx, event.Origin{Partner: partner}, campaign)
	if err != nil {
		return Prediction{}, err
	}
	s := subject{State: c.State(), Outlook: o}
	w, err := s.wanted(q)
	if err != nil {
		return Prediction{}, err
	}
	if s.budget, err = p.budgets.ForCampaign(ctx, s.Partner, campaign); err != nil {
		return Prediction{}, err
	}
	out := Prediction{Outlook: o, Own: ownWeight(len(o.History))}
	var theirs *expectation
	if out.Own < 1 {
		if out.Similar, err = p.similar(ctx, &s); err != nil {
			return Prediction{}, err
		}
		switch {
		case len(out.Similar) > 0:
			theirs = s.like(out.Similar)
		case tooLittle != nil:
			return Prediction{}, tooLittle
		default:
			out.Own = 1 // nobody to lean on
		}
	}
	r, err := p.roomOf(ctx, &s)
	if err != nil {
		return Prediction{}, err
	}
	err = p.complete(ctx, &out, &s, q.Days, w, theirs, r)
	return out, err
}

// complete draws the futures and describes them.
func (p *Predictor) complete(ctx context.Context, out *Prediction, s *subject, days int, w wanted, theirs *expectation, r room) error {
	record, err := s.rehearse(days, theirs)
	if err != nil {
		return err
	}
	expected := expectationOf(s.Outlook)
	if theirs != nil {
		expected = expected.with(*theirs, out.Own, int(s.Last-s.First)+1)
	}
	out.Scale, out.Accuracy = record.scale, record.accuracy[:]
	free := draw(expected, s.History, drawing{futures, record.scale, s.seed()})
	as := free.within(r)
	out.Effects = s.effects(out, free, as, r)
	if w != (wanted{}) {
		if as, err = p.follow(ctx, out, s, w, free, as, r); err != nil {
			return err
		}
	}
	out.Items = s.items(out.Items, as, out.Own)
	out.KPIs = s.kpis(as)
	for m, item := range out.Items {
		out.Items[m].Backtest = record.accuracy[m].Backtest
		out.Confidence = forecast.Lower(out.Confidence, item.Confidence)
	}
	return nil
}

// follow moves the futures to a plan, and notes what that changes.
func (p *Predictor) follow(ctx context.Context, out *Prediction, s *subject, w wanted, free, as *paths, r room) (*paths, error) {
	var moved *paths
	var err error
	name, text, amount := "planned_budget", "A daily budget of %s changes the expected spend by %s.", w.daily
	if w.bid != nil {
		name, text, amount = "planned_bid", "A bid of %s changes the expected spend by %s.", w.bid
		moved, out.Planned, err = p.bidPlan(ctx, s, free, *w.bid)
	} else {
		r = r.withDaily(w.daily.Micros, s.dailyLimit())
		moved, out.Planned, err = s.plan(free, *w.daily)
	}
	if err != nil {
		return nil, err
	}
	with := moved.within(r)
	for m, metric := range metrics {
		out.Planned.Changes = append(out.Planned.Changes, Change{metric.String(), s.rangeOf(m, as.total(m)), s.rangeOf(m, with.total(m))})
	}
	change := relative(as.total(spend).Mean, with.total(spend).Mean)
	out.Effects = append(out.Effects, effect(name, "spend", change, text, amount, percent(change)))
	return with, nil
}

// subject is the campaign that is asked about.
type subject struct {
	campaigns.State
	analysis.Outlook
	budget *budgets.Budget
}

// seed makes what is drawn repeat.
func (s *subject) seed() uint64 {
	h := fnv.New64a()
	_, _ = h.Write(s.ID[:])
	return h.Sum64() ^ uint64(s.First)
}

// The metrics, in the order of an outlook's items.
const (
	impressions = iota
	clicks
	conversions
	spend
	revenue
	numMetrics
)

var metrics = [numMetrics]performance.Metric{performance.Impressions, performance.Clicks, performance.Conversions, performance.Spend, performance.Revenue}

// expectation is the interval of each metric's days, in whole units.
type expectation [numMetrics][]forecast.Interval

func expectationOf(o analysis.Outlook) expectation {
	var e expectation
	for m, item := range o.Items {
		for _, point := range item.Points {
			e[m] = append(e[m], forecast.Interval{
				Mean: units(point.Mid.Micros), Low80: units(point.Low80.Micros), High80: units(point.High80.Micros), Low95: units(point.Low95.Micros), High95: units(point.High95.Micros),
			})
		}
	}
	return e
}

// items are the metrics after everything that moves them.
func (s *subject) items(from []analysis.Prediction, p *paths, own float64) []analysis.Prediction {
	items := make([]analysis.Prediction, numMetrics)
	for m := range items {
		if m < len(from) {
			items[m] = from[m]
		} else {
			items[m] = analysis.Prediction{Metric: metrics[m].String(), Method: "similar campaigns", Confidence: forecast.Low}
		}
		item := &items[m]
		item.Unit = s.value(m, 0).Unit
		if own < 0.5 {
			item.Confidence = forecast.Low
		}
		item.Points = make([]analysis.Expected, p.days())
		for d := range item.Points {
			item.Points[d] = analysis.Expected{Day: s.First + localday.Day(d), Range: s.rangeOf(m, p.day(m, d))}
		}
		item.Total = s.rangeOf(m, p.total(m))
	}
	return items
}

func (s *subject) value(metric int, units float64) analysis.Value {
	v := analysis.Value{Micros: micros(units), Unit: analysis.Count}
	if metrics[metric].IsMoney() {
		v.Unit, v.Currency = performance.Amount, string(s.State.Currency)
	}
	return v
}

// micros of units; what does not fit is as much as fits.
func micros(units float64) int64 {
	const most = 9e18
	return int64(math.Round(min(most, max(-most, units*money.Unit))))
}

func (s *subject) rangeOf(metric int, i forecast.Interval) analysis.Range {
	v := func(x float64) analysis.Value { return s.value(metric, x) }
	return analysis.Range{Mid: v(i.Mean), Low80: v(i.Low80), High80: v(i.High80), Low95: v(i.Low95), High95: v(i.High95)}
}

// relative is the change from one total to another; 0 from nothing.
func relative(from, to float64) float64 {
	if from <= 0 {
		return 0
	}
	return to/from - 1
}
