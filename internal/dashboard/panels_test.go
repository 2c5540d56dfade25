package dashboard

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting/panel"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// reachOf puts panels and reach over a store.
func (w *world) reachOf(db *sqlstore.DB) *reach.Service {
	w.panels = panel.NewService(panel.Config{Store: db.Panels(), Blocks: db.Panels(), Now: time.Now, NewID: newID})
	return reach.NewService(reach.Config{
		Defaults: reach.Standard(), Panels: w.panels, Factors: db.Reach(), Record: db.Reach(), Delivery: reached{w}, Now: time.Now,
	})
}

// reached is what campaigns delivered, as their metrics say it.
type reached struct{ w *world }

func (r reached) Campaign(ctx context.Context, partner, id uuid.UUID) (reach.Subject, error) {
	c, err := r.w.campaigns.Get(ctx, event.Origin{Partner: partner}, id)
	if err != nil {
		return reach.Subject{}, err
	}
	s := c.State()
	return reach.Subject{Partner: s.Partner, Name: s.Name, Targeting: s.Targeting}, nil
}

func (r reached) Days(ctx context.Context, partner, id uuid.UUID) ([]reach.Day, error) {
	t, err := r.w.metrics.Totals(ctx, partner, id)
	return []reach.Day{{Impressions: t.Impressions, Spend: money.New(t.Spend, money.Currency(t.Currency)), Reach: t.Reach}}, err
}
