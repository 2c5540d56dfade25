package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/insight"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// newInsights judges the targeting of campaigns by what they bring.
func newInsights(s *services, now func() time.Time) *insight.Service {
	return insight.NewService(responses{s}, now)
}

// responses is insight.Source over the services.
type responses struct{ *services }

// Subject implements insight.Source.
func (r responses) Subject(ctx context.Context, partner, campaign uuid.UUID) (insight.Subject, error) {
	c, err := r.campaigns.Get(ctx, event.Origin{Partner: partner}, campaign)
	if err != nil {
		return insight.Subject{}, err
	}
	s := c.State()
	return insight.Subject{Partner: s.Partner, Currency: s.Currency, Targeting: s.Targeting}, nil
}

// Parts implements insight.Source.
func (r responses) Parts(ctx context.Context, partner, campaign uuid.UUID, dimension string, from, to time.Time) ([]insight.Part, time.Time, error) {
	found, err := r.metrics.Metrics(ctx, partner, campaign, performance.Query{From: from, To: to, GroupBy: []string{dimension}})
	parts := make([]insight.Part, len(found.Items))
	for i, item := range found.Items {
		parts[i] = insight.Part{
			Dimension: dimension, Value: item.Group[dimension],
			Impressions: item.Impressions, Clicks: item.Clicks, Conversions: item.Conversions, Spend: item.Spend,
		}
	}
	return parts, found.KnownAt, err
}

// People implements insight.Source.
func (r responses) People(ctx context.Context, partner uuid.UUID, c targeting.Configuration) (insight.Reach, bool) {
	e, err := r.reach.Estimate(ctx, partner, reach.Request{Configuration: c})
	return insight.Reach{Low: e.Low, Mid: e.Mid, High: e.High}, err == nil
}
