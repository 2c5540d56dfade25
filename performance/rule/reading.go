package rule

import (
	"time"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Reading is a figure as it is known at a moment.
type Reading struct {
	Value      int64  // micros of the metric's unit
	Missing    string // why there is no value: no_clicks, small_sample, not_active, ...
	Sample     int64
	Period     string    // the local day that it is armed for; empty when days do not matter
	Basis      string    // what the share is of: another limit makes another matter
	From, To   time.Time // of the window; zero From for the campaign's life
	Confidence string    // "low", or nothing
}

// Read is the figure of a rule at a moment, as far as the tracker knows.
func (t *Tracker) Read(d *Definition, c Campaign, moment time.Time) Reading {
	today := localday.Of(moment, t.zone)
	switch s := specs[d.Condition.Metric]; s.family {
	case ofKPI, ofSum:
		return t.readWindow(d, s, c, moment, today)
	case ofBudget:
		return t.readBudget(d, c, moment, today)
	case ofPacing:
		return t.readPacing(c, moment, today)
	case ofDelivery:
		return t.readDelivery(d, c, moment)
	}
	return Reading{Missing: "not_read"} // anomalies come by themselves
}

func (t *Tracker) readWindow(d *Definition, s spec, c Campaign, moment time.Time, today localday.Day) Reading {
	r := Reading{To: moment}
	var sums performance.Sums
	switch d.Window.Kind {
	case Hour:
		r.From = time.UnixMicro(hourOf(t.newest)).UTC()
		if localday.Of(r.From, t.zone) != today {
			r.Missing = "no_facts"
			return r
		}
		sums = t.hour.of(d.Scope.Channels)
	case Day:
		r.Period = today.String()
		r.From, _ = localday.Bounds(today, t.zone)
		sums = t.days[today].of(d.Scope.Channels)
	case Days:
		first := today - localday.Day(d.Window.Days) + 1
		r.From, _ = localday.Bounds(first, t.zone)
		for day := first; day <= today; day++ {
			for m, v := range t.days[day].of(d.Scope.Channels) {
				sums[m] += v
			}
		}
	default:
		sums = t.life.of(d.Scope.Channels)
	}
	r.figure(d, s, c, sums)
	return r
}

// figure fills in the value of a KPI or a sum.
func (r *Reading) figure(d *Definition, s spec, c Campaign, sums performance.Sums) {
	if s.family == ofSum {
		m, _ := performance.MetricNamed(string(d.Condition.Metric))
		unit := int64(million)
		if m.IsMoney() {
			unit = 1
		}
		var err error
		if r.Value, err = money.MulDiv(sums[m], unit, 1, money.HalfEven); err != nil {
			r.Missing = "out_of_range"
		}
		return
	}
	sampleOf, _ := performance.MetricNamed(s.sampleOf)
	r.Sample = sums[sampleOf]
	totals := performance.Totals{Currency: string(c.Currency), Metrics: sums.Metrics()}
	switch kpi := performance.KPIs(totals)[string(d.Condition.Metric)]; {
	case !kpi.Defined():
		r.Missing = kpi.Reason
	case r.Sample < d.MinimumSample:
		r.Missing = "small_sample"
	default:
		r.Value = kpi.Value
	}
}

func (t *Tracker) spend(c Campaign, today localday.Day) int64 {
	if c.Daily {
		return t.days[today].of(nil)[performance.Spend]
	}
	return t.life.of(nil)[performance.Spend]
}

func (t *Tracker) readBudget(d *Definition, c Campaign, moment time.Time, today localday.Day) Reading {
	limit := Quantity{Micros: c.Limit, Unit: Amount, Currency: c.Currency}
	r := Reading{To: moment, Basis: limit.String()}
	if c.Daily {
		r.Period = today.String()
		r.From, _ = localday.Bounds(today, t.zone)
	}
	if c.Limit <= 0 {
		r.Missing = "no_budget"
		return r
	}
	spent := t.spend(c, today)
	if d.Condition.Metric == BudgetAvailable {
		r.Value = max(0, c.Limit-spent)
		return r
	}
	share, err := money.MulDiv(spent, million, c.Limit, money.Floor) // 79.9999 % is not 80 %
	if err != nil {
		r.Missing = "out_of_range"
	}
	r.Value = share
	return r
}

// early is the share of the period, in a hundred, before which an index of
// pacing says little: one fact more or less moves it by a lot.
const early = 10

// settling is how long after its beginning a period is not judged: reports lag,
// and an index of 0 in the first minutes would alarm at every launch. It is a
// fiftieth of the period, at least an hour and at most a day.
func settling(whole time.Duration) time.Duration {
	return min(max(whole/50, time.Hour), 24*time.Hour)
}

func (t *Tracker) readPacing(c Campaign, moment time.Time, today localday.Day) Reading {
	r := Reading{To: moment}
	var from, to time.Time
	switch {
	case c.ActiveSince == nil || moment.Before(*c.ActiveSince):
		r.Missing = "not_active"
		return r
	case c.Daily:
		from, to = localday.Bounds(today, t.zone)
		r.Period = today.String()
	case c.Start == nil || c.End == nil:
		r.Missing = "no_schedule"
		return r
	default:
		from, to = *c.Start, *c.End
	}
	r.From = from
	whole, elapsed := to.Sub(from).Microseconds(), min(moment.Sub(from), to.Sub(from)).Microseconds()
	if elapsed <= 0 || whole <= 0 || c.Limit <= 0 {
		r.Missing = "not_started"
		return r
	}
	if moment.Sub(from) < settling(to.Sub(from)) {
		r.Missing = "too_early"
		return r
	}
	if elapsed < whole/100*early {
		r.Confidence = "low"
	}
	// (spent/limit) / (elapsed/whole), as budgets.Pace has it, in whole numbers.
	expected, err := money.MulDiv(c.Limit, elapsed, whole, money.HalfEven)
	if err == nil {
		r.Value, err = money.MulDiv(t.spend(c, today), million, max(1, expected), money.HalfEven)
	}
	if err != nil {
		r.Missing = "out_of_range"
	}
	return r
}

func (t *Tracker) readDelivery(d *Definition, c Campaign, moment time.Time) Reading {
	r := Reading{To: moment}
	if c.ActiveSince == nil || moment.Before(*c.ActiveSince) {
		r.Missing = "not_active"
		return r
	}
	which := 0
	if d.Condition.Metric == NoSpend {
		which = 1
	}
	r.From = *c.ActiveSince
	if last := t.lastDelivery(which, d.Scope.Channels); last > r.From.UnixMicro() {
		r.From = time.UnixMicro(last).UTC()
	}
	if since := moment.Sub(r.From); since > 0 {
		r.Value = int64(since / (time.Hour / time.Duration(million)))
	}
	return r
}
