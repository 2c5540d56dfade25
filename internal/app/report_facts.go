package app

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/integration"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/analysis"
)

// reportFacts are what performance reports are made of, from the use cases.
type reportFacts struct {
	*services
	log sqlstore.Log
	now func() time.Time
}

// Campaign implements integration.Facts.
func (f reportFacts) Campaign(ctx context.Context, partner, id uuid.UUID) (campaigns.State, error) {
	c, err := f.campaigns.Get(ctx, event.Origin{Partner: partner}, id)
	if err != nil {
		return campaigns.State{}, err
	}
	return c.State(), nil
}

// Ran implements integration.Facts.
func (f reportFacts) Ran(ctx context.Context, partner, id uuid.UUID) ([]event.Event, error) {
	return f.log.OfTypes(ctx, partner, id, campaigns.Launched{}.EventType(), campaigns.PausedDelivery{}.EventType(),
		campaigns.Resumed{}.EventType(), campaigns.Ended{}.EventType(), campaigns.Dropped{}.EventType())
}

// Performance implements integration.Facts.
func (f reportFacts) Performance(ctx context.Context, c campaigns.State, p integration.Period) (integration.Performance, bool, error) {
	body := integration.Performance{KnownAt: f.now().UTC().Truncate(time.Microsecond), Opportunities: []integration.Opportunity{}}
	during, events, err := f.totals(ctx, c, performance.Query{From: p.From, To: p.To})
	if err != nil {
		return body, false, err
	}
	toDate, _, err := f.totals(ctx, c, performance.Query{To: p.To})
	if err != nil {
		return body, false, err
	}
	body.Summary, body.KPIs = integration.Summarize(during), performance.KPIs(during)
	figures := integration.Figures(toDate)
	body.Achievements = integration.Achievements{SuccessScore: c.Goals.SuccessScore(figures), Targets: c.Goals.Indicators(figures)}
	if body.Budget, err = f.utilization(ctx, c); err != nil {
		return body, false, err
	}
	found, err := f.analysis.Insights(ctx, c.Partner, c.ID, analysis.AsOf{At: p.To})
	if err != nil {
		return body, false, err
	}
	for _, insight := range found.Items {
		if insight.Tone() == "bad" {
			body.Opportunities = append(body.Opportunities, integration.Opportunity{Code: insight.Code(), Metric: insight.Metric})
		}
	}
	return body, events > 0, nil
}

// totals are a campaign's within a query; events says how many they rest on.
func (f reportFacts) totals(ctx context.Context, c campaigns.State, q performance.Query) (performance.Totals, int64, error) {
	result, err := f.metrics.Metrics(ctx, c.Partner, c.ID, q)
	if err != nil || len(result.Items) == 0 {
		return performance.Totals{Campaign: c.ID, Currency: string(c.Currency)}, 0, err
	}
	return result.Items[0].Totals, result.Items[0].Events, nil
}

func (f reportFacts) utilization(ctx context.Context, c campaigns.State) (*integration.Utilization, error) {
	b, err := f.budgets.ForCampaign(ctx, c.Partner, c.ID)
	if errors.Is(err, budgets.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	at := b.Position(b.Today(f.now()))
	u := &integration.Utilization{Limit: at.Limit, Settled: at.Settled, Available: at.Available, Overdelivery: at.Overdelivery}
	if at.Limit.IsPositive() {
		used := float64(at.Settled.Micros) / float64(at.Limit.Micros)
		u.Used = &used
	}
	return u, nil
}
