package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance/rule"
)

// watched shows campaigns and their budgets to alert rules.
type watched struct {
	campaigns *campaigns.Service
	budgets   *budgets.Service
}

// Campaign implements rule.Campaigns.
func (w watched) Campaign(ctx context.Context, partner, id uuid.UUID) (rule.Campaign, error) {
	c, err := w.campaigns.Get(ctx, event.Origin{Partner: partner}, id)
	if err != nil {
		return rule.Campaign{}, err
	}
	return w.describe(ctx, c.State())
}

// Latest implements rule.Campaigns.
func (w watched) Latest(ctx context.Context, partner uuid.UUID, active bool, limit int) ([]rule.Campaign, error) {
	var found []rule.Campaign
	q := campaigns.Query{Limit: min(limit, 500)}
	if active {
		q.Status = []campaigns.Status{campaigns.Active}
	}
	for {
		page, next, err := w.campaigns.List(ctx, event.Origin{Partner: partner}, q)
		if err != nil {
			return nil, err
		}
		for _, c := range page {
			described, err := w.describe(ctx, c.State())
			if err != nil {
				return nil, err
			}
			found = append(found, described)
		}
		if next == "" || len(found) >= limit {
			return found, nil
		}
		q.Cursor = next
	}
}

func (w watched) describe(ctx context.Context, s campaigns.State) (rule.Campaign, error) {
	b, err := w.budgets.ForCampaign(ctx, s.Partner, s.ID)
	if err != nil {
		return rule.Campaign{}, err
	}
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		return rule.Campaign{}, err
	}
	limit := b.State()
	c := rule.Campaign{
		Partner: s.Partner, ID: s.ID, Name: s.Name, Type: string(s.Type), Currency: s.Currency, Zone: zone,
		Limit: limit.Limit, Daily: limit.Kind == budgets.KindDaily, ActiveSince: activeSince(s),
		Over: s.Status == campaigns.Completed || s.Status == campaigns.Cancelled,
	}
	if s.Schedule != nil {
		c.Start, c.End = &s.Schedule.Start, &s.Schedule.End
	}
	return c, nil
}

// activeSince is when a campaign began to deliver: its launch, or after a pause
// the last change of it, which is not before it was resumed. To say that nothing
// was delivered for too long a time would be worse than to say it later.
func activeSince(s campaigns.State) *time.Time {
	switch {
	case s.Status != campaigns.Active:
		return nil
	case s.FiguresAtPause != nil || s.LaunchedAt == nil:
		return &s.UpdatedAt
	}
	return s.LaunchedAt
}

// campaignTypes are the types that a rule's scope may name.
func campaignTypes() []string {
	types := make([]string, len(campaigns.Types))
	for i, t := range campaigns.Types {
		types[i] = string(t)
	}
	return types
}
