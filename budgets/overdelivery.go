package budgets

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// PlatformRule is how far a platform says that it may spend beyond a daily
// budget. Shares are in percent of the daily limit; 0 is no such rule.
type PlatformRule struct {
	DayPercent   int64 // of one day
	MonthPercent int64 // of a calendar month
}

// PlatformRules are the platforms' own words: Google Ads, "up to 2 times your
// average daily budget" a day and 30.4 times it a month; Meta, up to 25 % more
// than the daily budget on a day. Others promise to keep to it.
var PlatformRules = map[string]PlatformRule{
	"google_ads": {DayPercent: 200, MonthPercent: 3040},
	"meta_ads":   {DayPercent: 125},
}

// PlatformDay is what one platform reported of a local day.
type PlatformDay struct {
	Day      localday.Day
	Platform string // the source of its events; "" when they name none
	Spend    int64
}

// Overrun is a local day of a daily budget of which more was reported than the
// limit allowed.
type Overrun struct {
	Day          localday.Day
	Within       int64 // what the limit of that day authorised and reports filled
	Reported     int64
	Overdelivery int64
	// Announced is how much of Overdelivery the platforms' rules explain. The
	// rest is abnormal: nobody has said that this could happen.
	Announced int64
	Abnormal  bool
	Platforms []PlatformShare // the largest first
}

// PlatformShare is a platform's part of a day, with its month so far.
type PlatformShare struct {
	Platform   string
	Day, Month int64
	Rule       PlatformRule
}

// Overruns are the days in [from, to) of a daily budget with overdelivery, the
// newest first. delivered has the days of all months that they touch. Budgets
// of other kinds have none: no platform announces to exceed those.
func (b *Budget) Overruns(from, to localday.Day, delivered []PlatformDay) []Overrun {
	if b.state.Kind != KindDaily {
		return nil
	}
	var found []Overrun
	for _, d := range slices.Backward(b.periods()) {
		if d.Day >= from && d.Day < to && d.Overdelivery > 0 {
			found = append(found, overrun(d, delivered))
		}
	}
	return found
}

func overrun(d DayTally, delivered []PlatformDay) Overrun {
	o := Overrun{Day: d.Day, Within: d.Settled - d.Overdelivery, Reported: d.Settled, Overdelivery: d.Overdelivery, Platforms: shares(d.Day, delivered)}
	for _, p := range o.Platforms {
		o.Announced += p.Rule.announces(p.Day)
		o.Abnormal = o.Abnormal || p.Rule.MonthPercent > 0 && !within(o.Within, p.Rule.MonthPercent, p.Month)
	}
	o.Announced = min(o.Announced, o.Overdelivery)
	o.Abnormal = o.Abnormal || o.Announced < o.Overdelivery
	return o
}

// shares sums a day, and its month up to that day, by platform.
func shares(day localday.Day, delivered []PlatformDay) []PlatformShare {
	var all []PlatformShare
	for _, d := range delivered {
		if d.Day < FirstOfMonth(day) || d.Day > day {
			continue
		}
		i := slices.IndexFunc(all, func(s PlatformShare) bool { return s.Platform == d.Platform })
		if i < 0 {
			i = len(all)
			all = append(all, PlatformShare{Platform: d.Platform, Rule: PlatformRules[d.Platform]})
		}
		all[i].Month += d.Spend
		if d.Day == day {
			all[i].Day += d.Spend
		}
	}
	all = slices.DeleteFunc(all, func(s PlatformShare) bool { return s.Day <= 0 })
	slices.SortStableFunc(all, func(a, b PlatformShare) int { return cmp.Compare(b.Day, a.Day) })
	return all
}

// announces is how much of a day's spend may lie beyond the platform's part of
// the limit by its own rule. Which part of a limit each platform was given is
// not known; but who spends at most p % of it has at most 1 - 100/p of its spend
// beyond, so that for a single platform this is the rule itself.
func (r PlatformRule) announces(spend int64) int64 {
	if r.DayPercent <= 100 {
		return 0
	}
	beyond, err := money.MulDiv(spend, r.DayPercent-100, r.DayPercent, money.Floor)
	if err != nil {
		return 0 // a part of an amount is never more than it
	}
	return beyond
}

func within(limit, percent, amount int64) bool {
	most, err := money.MulDiv(limit, percent, 100, money.Floor)
	return err != nil || amount <= most // beyond what can be held, nothing is more
}

// Deliveries is what each platform reported, by local day.
type Deliveries interface {
	// PlatformDays are a campaign's in [from, to) of its zone.
	PlatformDays(ctx context.Context, b *Budget, from, to localday.Day) ([]PlatformDay, error)
}

// Overruns judges what platforms spent beyond daily limits.
type Overruns struct {
	store      Store
	deliveries Deliveries
}

// NewOverruns judges the budgets of a store by what was delivered.
func NewOverruns(s Store, d Deliveries) *Overruns { return &Overruns{s, d} }

// Find is a partner's budget and its overruns on the local days [from, to), the
// newest first. The error is ErrNotFound for another partner's.
func (o *Overruns) Find(ctx context.Context, partner, budget uuid.UUID, from, to localday.Day) (*Budget, []Overrun, error) {
	b, err := o.store.Get(ctx, partner, budget)
	if err != nil {
		return nil, nil, err
	}
	found, err := o.Of(ctx, b, from, to)
	return b, found, err
}

// Of is Find for a budget at hand. Nothing is asked about a budget that was
// never exceeded.
func (o *Overruns) Of(ctx context.Context, b *Budget, from, to localday.Day) ([]Overrun, error) {
	found := b.Overruns(from, to, nil)
	if len(found) == 0 {
		return nil, nil
	}
	first, last := FirstOfMonth(found[len(found)-1].Day), found[0].Day
	delivered, err := o.deliveries.PlatformDays(ctx, b, first, last+1)
	if err != nil {
		return nil, err
	}
	return b.Overruns(from, to, delivered), nil
}
