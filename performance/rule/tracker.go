package rule

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Campaign is what rules need to know of a campaign.
type Campaign struct {
	Partner     uuid.UUID
	ID          uuid.UUID
	Name        string
	Type        string
	Currency    money.Currency
	Zone        *time.Location
	ActiveSince *time.Time // nil while it is not ACTIVE
	Over        bool       // COMPLETED or CANCELLED
	Start, End  *time.Time // of its schedule
	Limit       int64      // of its budget, micros
	Daily       bool       // the limit is each local day's
}

// Tracker adds up a campaign's facts as they are recorded: by local day, for
// the newest hour, and over its life. It holds a few hundred bytes a day and
// channel.
type Tracker struct {
	zone   *time.Location
	keep   int   // local days
	known  int64 // recorded_at of the last commit
	newest int64 // the greatest occurred_at, microseconds
	life   cells
	hour   cells // of newest
	days   map[localday.Day]cells
	last   map[string][2]int64 // by channel: when there last were impressions, and spend
}

// cells are sums by channel.
type cells map[string]*performance.Sums

func (c cells) add(channel string, s performance.Sums) {
	to := c[channel]
	if to == nil {
		to = &performance.Sums{}
		c[channel] = to
	}
	for m := range to {
		to[m] += s[m]
	}
}

// of is the sum over channels, all of them when none is named.
func (c cells) of(channels []string) performance.Sums {
	var sum performance.Sums
	add := func(s *performance.Sums) {
		for m := range sum {
			sum[m] += s[m]
		}
	}
	if len(channels) == 0 {
		for _, s := range c {
			add(s)
		}
		return sum
	}
	for _, name := range channels {
		if s := c[name]; s != nil {
			add(s)
		}
	}
	return sum
}

// NewTracker keeps so many local days of a zone.
func NewTracker(zone *time.Location, keep int) *Tracker {
	return &Tracker{zone: zone, keep: keep, life: cells{}, hour: cells{}, days: map[localday.Day]cells{}, last: map[string][2]int64{}}
}

const hourMicros = int64(time.Hour / time.Microsecond)

func hourOf(at int64) int64 { return at - ((at%hourMicros)+hourMicros)%hourMicros }

// Fold counts the events of one commit. A commit that is not later than the
// last one has been counted.
func (t *Tracker) Fold(recordedAt int64, events []performance.Event) {
	if recordedAt <= t.known {
		return
	}
	t.known = recordedAt
	var day localday.Day
	var from, to int64
	for i := range events {
		e := &events[i]
		sums := performance.SumsOf(e.Metrics)
		if e.OccurredAt < from || e.OccurredAt >= to {
			day = localday.Of(time.UnixMicro(e.OccurredAt), t.zone)
			begin, end := localday.Bounds(day, t.zone)
			from, to = begin.UnixMicro(), end.UnixMicro()
		}
		if t.days[day] == nil {
			t.days[day] = cells{}
		}
		t.days[day].add(e.Channel, sums)
		t.life.add(e.Channel, sums)
		t.addHour(e, sums)
		t.noteDelivery(e, sums)
	}
	t.forget(localday.Of(time.UnixMicro(recordedAt), t.zone))
}

func (t *Tracker) addHour(e *performance.Event, s performance.Sums) {
	switch at := hourOf(e.OccurredAt); {
	case at < hourOf(t.newest):
		return
	case at > hourOf(t.newest):
		t.hour = cells{}
	}
	t.newest = max(t.newest, e.OccurredAt)
	t.hour.add(e.Channel, s)
}

func (t *Tracker) noteDelivery(e *performance.Event, s performance.Sums) {
	last := t.last[e.Channel]
	for i, m := range []performance.Metric{performance.Impressions, performance.Spend} {
		if s[m] > 0 {
			last[i] = max(last[i], e.OccurredAt)
		}
	}
	t.last[e.Channel] = last
}

// forget drops the days that no window holds any more.
func (t *Tracker) forget(today localday.Day) {
	for day := range t.days {
		if int(today-day) >= t.keep {
			delete(t.days, day)
		}
	}
}

// lastDelivery is when a channel of these last had impressions (0) or spend (1);
// 0 for never.
func (t *Tracker) lastDelivery(which int, channels []string) int64 {
	latest := int64(0)
	if len(channels) == 0 {
		for _, at := range t.last {
			latest = max(latest, at[which])
		}
	}
	for _, c := range channels {
		latest = max(latest, t.last[c][which])
	}
	return latest
}

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
