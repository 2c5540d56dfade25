package dashboard

import (
	"errors"
	"strings"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/predict"
	"github.com/hexabuilders/campaignd/performance/analysis"
)

// forecastCard is the fan with what is behind it. Paths are over 100 by 100.
type forecastCard struct {
	Label                      string
	History, Mid, Fan80, Fan95 string
	TodayAt, TodayAnchor, Top  string
	First, Today, Last         string
	Total, Confidence, Record  string
	Rows                       []forecastRow
	KPIs                       []forecastKPI
	Factors                    []string
	Similar                    []string
	Planned                    *plannedCard
}

type forecastRow struct {
	Day                   string
	Mid, Range80, Range95 string
}

type forecastKPI struct{ Metric, Total, Range string }

// plannedCard is what another budget would change.
type plannedCard struct {
	Said   string
	Record string // how far its curves were off before
	Rows   []plannedRow
}

type plannedRow struct {
	Metric                  string
	Without, With           string
	WithoutRange, WithRange string
	Change                  string
}

// whatIf are the questions that the card offers: about the budget, and about the
// bid of a campaign whose strategy has one.
type whatIf struct {
	Budget, Bid       string // as entered
	Problem, Currency string
	Bids              bool
}

// Asked tells that there is something to clear.
func (w whatIf) Asked() bool { return w.Budget != "" || w.Bid != "" }

// plan reads what was entered into a question, or says what is wrong with it.
func (w *whatIf) plan(l *locale, q *predict.Question) {
	for _, one := range []struct {
		entered string
		into    *string
	}{{w.Budget, &q.DailyBudget}, {w.Bid, &q.Bid}} {
		if one.entered == "" {
			continue
		}
		micros, err := l.parseDecimal(one.entered)
		if err != nil || micros <= 0 {
			w.Problem = l.T("analysis.whatif.number")
			continue
		}
		*one.into = money.FormatMicros(micros)
	}
	if w.Budget != "" && w.Bid != "" {
		w.Problem = l.T("analysis.whatif.one")
	}
}

// shownHistory is how many days of the past stand before the fan.
const shownHistory = 28

// forecastDays is how far the card looks.
const forecastDays = 14

func (v *visit) addForecast(p *analysisPage, s subject) error {
	l := v.locale
	p.WhatIf = whatIf{
		Budget: strings.TrimSpace(v.r.FormValue("daily_budget")), Bid: strings.TrimSpace(v.r.FormValue("bid")), Currency: string(s.Currency),
		Bids: s.Targeting != nil && s.Targeting.BidStrategy != nil && s.Targeting.BidStrategy.Amount != nil,
	}
	q := predict.Question{Days: forecastDays}
	if p.WhatIf.plan(l, &q); p.WhatIf.Problem != "" {
		q = predict.Question{Days: forecastDays}
	}
	o, err := v.d.Predictor.Predict(v.r.Context(), s.Partner, s.ID, q)
	if e := fault.As(err); e != nil && q != (predict.Question{Days: forecastDays}) && !errors.Is(err, analysis.ErrTooLittle) {
		p.WhatIf.Problem = l.Or("analysis.whatif.", e.Code, e.Detail)
		o, err = v.d.Predictor.Predict(v.r.Context(), s.Partner, s.ID, predict.Question{Days: forecastDays})
	}
	if errors.Is(err, analysis.ErrTooLittle) {
		p.NoForecast = l.T("analysis.forecast.little")
		return nil
	}
	if err != nil {
		return err
	}
	for i := range o.Items {
		if o.Items[i].Metric == p.Metric {
			p.Forecast = l.forecastCard(&o, &o.Items[i], s)
		}
	}
	return nil
}

func (l *locale) forecastCard(o *predict.Prediction, p *analysis.Prediction, s subject) *forecastCard {
	history := o.Course(p.Metric)
	history = history[max(0, len(history)-shownHistory):]
	f := fan{steps: max(0, len(history)-1) + len(p.Points)}
	for _, h := range history {
		f.top = max(f.top, h)
	}
	for _, e := range p.Points {
		f.top = max(f.top, e.High95.Micros)
	}
	c := &forecastCard{TodayAt: percent(f.x(len(history))), TodayAnchor: "end", Confidence: l.T("confidence." + string(p.Confidence))}
	if f.x(len(history)) < 50 { // no room before it
		c.TodayAnchor = "start"
	}
	c.History = f.line(0, history)
	var mid []int64
	if len(history) > 0 {
		mid = []int64{history[len(history)-1]}
	}
	low80, high80, low95, high95 := mid, mid, mid, mid
	for _, e := range p.Points {
		mid = append(mid, e.Mid.Micros)
		low80, high80 = append(low80, e.Low80.Micros), append(high80, e.High80.Micros)
		low95, high95 = append(low95, e.Low95.Micros), append(high95, e.High95.Micros)
		c.Rows = append(c.Rows, forecastRow{l.date(e.Day, s.zone), l.measured(e.Mid), l.between(e.Low80, e.High80), l.between(e.Low95, e.High95)})
	}
	from := max(0, len(history)-1)
	c.Mid, c.Fan80, c.Fan95 = f.line(from, mid), f.band(from, low80, high80), f.band(from, low95, high95)
	top := p.Total.Mid
	top.Micros = f.top
	c.Top = l.measured(top)
	c.First, c.Today, c.Last = l.date(o.First-localday.Day(len(history)), s.zone), l.date(o.First, s.zone), l.date(o.Last, s.zone)
	c.Total = l.T("analysis.forecast.total", "mid", l.measured(p.Total.Mid), "days", len(p.Points), "range", l.between(p.Total.Low80, p.Total.High80))
	c.Record = l.forecastRecord(p)
	c.Label = l.T("analysis.forecast.label", "metric", l.Metric(p.Metric), "total", c.Total)
	l.addBehind(c, o)
	return c
}

// forecastRecord is how the forecast did before.
func (l *locale) forecastRecord(p *analysis.Prediction) string {
	if p.Backtest.Origins == 0 {
		return l.T("analysis.forecast.unrehearsed")
	}
	return l.N("analysis.forecast.record", p.Backtest.Origins, "smape", l.Percent(shareOf(p.Backtest.SMAPE/100), 0), "method", strings.ReplaceAll(p.Method, "+", ", "))
}

// addBehind adds what stands behind the numbers: ratios, factors, similar
// campaigns and the plan.
func (l *locale) addBehind(c *forecastCard, o *predict.Prediction) {
	for _, k := range o.KPIs {
		if !k.Total.Defined() || k.Metric == "roi" {
			continue
		}
		row := forecastKPI{Metric: k.Metric, Total: l.Figure(figureOf(k.Metric, k.Total))}
		if k.Range != nil {
			row.Range = l.between(k.Range.Low80, k.Range.High80)
		}
		c.KPIs = append(c.KPIs, row)
	}
	for _, e := range o.Effects {
		if e.Name != "planned_budget" && e.Name != "planned_bid" && e.Name != "similar_campaigns" {
			c.Factors = append(c.Factors, l.T("analysis.factor."+e.Name, "metric", l.Metric(e.Metric), "change", l.signedPercent(e.Relative)))
		}
	}
	for _, x := range o.Similar {
		c.Similar = append(c.Similar, l.T("analysis.similar.one", "name", x.Name, "similarity", l.Percent(shareOf(x.Similarity), 0), "weight", l.Percent(shareOf(x.Weight*(1-o.Own)), 0)))
	}
	if o.Planned != nil {
		c.Planned = l.plannedCard(o.Planned)
	}
}

func (l *locale) plannedCard(p *predict.Planned) *plannedCard {
	amount := func(m money.Money) string { return l.Money(m.Micros, string(m.Currency)) }
	c := &plannedCard{Record: l.T("analysis.whatif.unrecorded")}
	switch {
	case p.Bid != nil:
		c.Said = l.T("analysis.whatif.bid.said", "bid", amount(*p.Bid), "before", amount(*p.PresentBid), "present", amount(p.Present), "spend", amount(p.Spend))
	case p.Spend == p.Present:
		c.Said = l.T("analysis.whatif.same", "budget", amount(*p.DailyBudget), "present", amount(p.Present))
	default:
		c.Said = l.T("analysis.whatif.said", "budget", amount(*p.DailyBudget), "present", amount(p.Present), "spend", amount(p.Spend))
	}
	for _, miss := range p.Accuracy {
		if miss.Metric == "conversions" {
			c.Record = l.T("analysis.whatif.record", "metric", l.Metric(miss.Metric), "days", miss.Days, "error", l.signedPercent(miss.Error))
		}
	}
	for _, x := range p.Changes {
		row := plannedRow{
			Metric: x.Metric, Without: l.measured(x.Without.Mid), With: l.measured(x.With.Mid),
			WithoutRange: l.between(x.Without.Low80, x.Without.High80), WithRange: l.between(x.With.Low80, x.With.High80),
		}
		if before := x.Without.Mid.Micros; before > 0 {
			row.Change = l.signedPercent(float64(x.With.Mid.Micros)/float64(before) - 1)
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}
