package predict

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
)

const eventsAtOnce = 500

// asKnown is a campaign as it was at a moment, and whether it had been launched.
func (p *Predictor) asKnown(ctx context.Context, s campaigns.State, at time.Time) (campaigns.State, bool, error) {
	if s.UpdatedAt.After(at) {
		later, err := p.since(ctx, s.Partner, s.ID, at)
		if err != nil {
			return s, false, err
		}
		if s, err = s.Before(later); err != nil {
			return s, false, err
		}
	}
	return s, s.LaunchedAt != nil && !s.LaunchedAt.After(at), nil
}

// limitKnown is the limit of a budget as it was at a moment.
func (p *Predictor) limitKnown(ctx context.Context, b budgets.State, at time.Time) (int64, error) {
	if !b.UpdatedAt.After(at) {
		return b.Limit, nil
	}
	later, err := p.since(ctx, b.Partner, b.ID, at)
	if err != nil {
		return 0, err
	}
	return b.LimitBefore(later)
}

// since is what happened to an aggregate after a moment, oldest first.
func (p *Predictor) since(ctx context.Context, partner, aggregate uuid.UUID, at time.Time) (later []event.Event, err error) {
	for after := int64(0); ; {
		page, err := p.log.History(ctx, partner, aggregate, after, eventsAtOnce)
		if err != nil {
			return nil, err
		}
		for i := range page {
			after = page[i].Seq
			if page[i].OccurredAt.After(at) {
				later = append(later, page[i])
			}
		}
		if len(page) < eventsAtOnce {
			return later, nil
		}
	}
}
