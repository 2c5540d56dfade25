package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/relay"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/performance/lookout"
)

func newLookout(db *sqlstore.DB, now func() time.Time) *lookout.Service {
	return lookout.NewService(db.Anomalies(), db.Metrics(), db.Metrics(), activity{db.Log()}, now)
}

// activity is lookout.Activity over the event log.
type activity struct{ log sqlstore.Log }

// begins says of the events that change whether a campaign is ACTIVE to which.
var begins = map[string]bool{
	"campaign.launched": true, "campaign.resumed": true,
	"campaign.paused": false, "campaign.completed": false, "campaign.cancelled": false,
}

// Active implements lookout.Activity.
func (a activity) Active(ctx context.Context, partner, campaign uuid.UUID) ([]lookout.Period, error) {
	types := make([]string, 0, len(begins))
	for name := range begins {
		types = append(types, name)
	}
	events, err := a.log.OfTypes(ctx, partner, campaign, types...)
	return periods(events), err
}

func periods(events []event.Event) []lookout.Period {
	var all []lookout.Period
	for _, e := range events {
		last := len(all) - 1
		running := last >= 0 && all[last].To.IsZero()
		switch {
		case begins[e.Type] && !running:
			all = append(all, lookout.Period{From: e.OccurredAt})
		case !begins[e.Type] && running:
			all[last].To = e.OccurredAt
		}
	}
	return all
}

// both hands events to two handlers; the second is one that cannot fail.
func both(first, second relay.Handler) relay.Handler {
	return func(ctx context.Context, events []event.Event) error {
		_ = second(ctx, events)
		return first(ctx, events)
	}
}
