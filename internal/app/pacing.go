package app

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/pacing"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// paced is pacing.Budgets and pacing.History over the services.
type paced struct {
	*services
	now func() time.Time
}

// Subject implements pacing.Budgets. The plan of a daily or monthly budget is its
// limit in every period of the schedule, and without one the present period.
func (p paced) Subject(ctx context.Context, partner, budget uuid.UUID) (pacing.Subject, error) {
	b, err := p.budgets.Get(ctx, partner, budget)
	if err != nil {
		return pacing.Subject{}, err
	}
	s := b.State()
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		zone = time.UTC
	}
	subject := pacing.Subject{
		Partner: s.Partner, Budget: s.ID, Campaign: s.Campaign, Currency: s.Currency, Spent: s.Settled,
		Plan: pacing.Plan{Limit: s.Limit, Zone: zone, Curve: s.Curve},
	}
	c, err := p.campaigns.Get(ctx, event.Origin{Partner: s.Partner}, s.Campaign)
	if err != nil {
		return pacing.Subject{}, err
	}
	dates := c.State().Schedule
	if dates == nil {
		if s.Kind != budgets.KindTotal {
			subject.Plan.From, subject.Plan.To, subject.Spent = b.Period(p.now())
		}
		return subject, nil
	}
	subject.Plan.From, subject.Plan.To = dates.Start, dates.End
	periods := s.Kind.Periods(localday.Of(dates.Start, zone), localday.Of(dates.End.Add(-1), zone))
	subject.Plan.Limit, err = money.MulDiv(s.Limit, periods, 1, money.Down)
	return subject, err
}

// Days implements pacing.History.
func (p paced) Days(ctx context.Context, s pacing.Subject, from, to time.Time) ([]pacing.ChannelDay, time.Time, error) {
	found, err := p.metrics.Metrics(ctx, s.Partner, s.Campaign, performance.Query{From: from, To: to, Granularity: "day", GroupBy: []string{"channel"}})
	if errors.Is(err, performance.ErrNotFound) { // no campaign of ours delivers without one
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	days := make([]pacing.ChannelDay, len(found.Items))
	for i, item := range found.Items {
		days[i] = pacing.ChannelDay{
			Day: localday.Of(item.From, s.Plan.Zone), Channel: item.Group["channel"], Spend: item.Spend,
			Results: map[pacing.Result]int64{
				pacing.Conversions: item.Conversions, pacing.Clicks: item.Clicks, pacing.Leads: item.Leads, pacing.Impressions: item.Impressions,
			},
		}
	}
	return days, found.KnownAt, nil
}
