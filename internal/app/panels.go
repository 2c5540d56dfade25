package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/internal/reachdata"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/targeting/panel"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

func newPanels(db *sqlstore.DB, cfg Config) *panel.Service {
	return panel.NewService(panel.Config{
		Store: db.Panels(), Blocks: db.Panels(), MaxRows: cfg.PanelMaxRows, Memory: cfg.PanelMemory, Now: cfg.clock(), NewID: newID,
	})
}

// newReach is the estimates of reach over everything that they rest on.
func newReach(db *sqlstore.DB, s *services, cfg Config) (*reach.Service, error) {
	shares, err := cfg.reachDefaults()
	if err != nil {
		return nil, err
	}
	return reach.NewService(reach.Config{
		Defaults: shares, Providers: cfg.reachProviders(), Panels: s.panels, Audiences: s.audiences,
		Factors: db.Reach(), Record: db.Reach(), Delivery: reachDelivery{s}, Now: cfg.clock(),
	}), nil
}

// reachDelivery is reach.Delivery over the campaigns and their metrics.
type reachDelivery struct{ *services }

// Campaign implements reach.Delivery.
func (d reachDelivery) Campaign(ctx context.Context, partner, campaign uuid.UUID) (reach.Subject, error) {
	c, err := d.campaigns.Get(ctx, event.Origin{Partner: partner}, campaign)
	if err != nil {
		return reach.Subject{}, err
	}
	s := c.State()
	return reach.Subject{Partner: s.Partner, Name: s.Name, Targeting: s.Targeting}, nil
}

// Days implements reach.Delivery.
func (d reachDelivery) Days(ctx context.Context, partner, campaign uuid.UUID) ([]reach.Day, error) {
	c, err := d.campaigns.Get(ctx, event.Origin{Partner: partner}, campaign)
	if err != nil {
		return nil, err
	}
	s := c.State()
	found, err := d.metrics.Metrics(ctx, s.Partner, campaign, performance.Query{From: s.CreatedAt.AddDate(0, 0, -90), Granularity: "day"})
	if errors.Is(err, performance.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	days := make([]reach.Day, len(found.Items))
	var impressions, spend int64
	for i, item := range found.Items {
		impressions, spend = impressions+item.Impressions, spend+item.Spend
		days[i] = reach.Day{Impressions: impressions, Spend: money.New(spend, s.Currency)}
		if !item.ReachMixed {
			days[i].Reach = item.Reach
		}
	}
	return days, nil
}

// noteReach keeps what is estimated of a campaign when it begins to run, and
// when whom it runs for is changed, and what it had reached when it is over: what
// later estimates learn from.
func (a *App) noteReach(ctx context.Context, events []event.Event) error {
	for _, e := range events {
		var err error
		switch e.Type {
		case "campaign.launched", "campaign.targeting_refined":
			err = a.noteReachOf(ctx, e)
		case "campaign.completed":
			err = a.services.reach.Settle(ctx, e.Partner, e.AggregateID, e.OccurredAt)
		}
		if err != nil {
			return fmt.Errorf("reach of %s: %w", e.AggregateID, err)
		}
	}
	return nil
}

func (a *App) noteReachOf(ctx context.Context, e event.Event) error {
	var refined campaigns.TargetingRefined
	whom := &refined.Targeting
	if e.Type == "campaign.launched" {
		c, err := a.services.campaigns.Get(ctx, event.Origin{Partner: e.Partner}, e.AggregateID)
		if err != nil {
			return err
		}
		if whom = c.State().Targeting; whom == nil {
			return nil
		}
	} else if err := json.Unmarshal(e.Data, &refined); err != nil {
		return err
	}
	by := event.Origin{Partner: e.Partner, Kind: event.ActorReaction, ID: e.Type, From: "reaction", CorrelationID: e.ID.String()}
	err := a.services.reach.Note(ctx, by, e.AggregateID, e.OccurredAt, *whom)
	if known := fault.As(err); known != nil && known.Kind == fault.Invalid {
		return nil // rules have changed since: there is nothing to estimate
	}
	return err
}

// reachProviders are the sources of shares that are asked before the defaults.
func (c Config) reachProviders() []reach.Provider {
	if c.ReachProvider == "" {
		return nil
	}
	return []reach.Provider{reachdata.New(reachdata.Config{
		URL: c.ReachProvider, Token: c.ReachProviderToken, Timeout: cmp.Or(c.ReachProviderTimeout, 2*time.Second), Now: c.clock(),
	})}
}
