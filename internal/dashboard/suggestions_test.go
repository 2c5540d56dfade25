package dashboard

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/optimization"
	"github.com/hexabuilders/campaignd/targeting"
)

// oracle finds, about whatever campaign, that one device is too dear.
type oracle struct{}

func (oracle) Findings(context.Context, uuid.UUID, uuid.UUID) ([]optimization.Finding, error) {
	against := 4.0
	return []optimization.Finding{{
		Type: optimization.TargetingRefinement, Confidence: 0.9, Risk: optimization.RiskMedium,
		Change: optimization.Change{Targeting: &optimization.Audience{
			Field: "device_types", Before: []string{}, After: []string{"mobile", "tablet"}, Whole: targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}},
		}},
		Evidence: []optimization.Evidence{{Metric: "result_cost", Of: "desktop", Value: 9, Against: &against, Unit: "money", Sample: 40}},
		Impact:   optimization.Impact{Metric: "conversions", Mean: 2, Low: 1, High: 3, Relative: 0.1},
	}}, nil
}

func (w *world) optimizerOf(db *sqlstore.DB) *optimization.Service {
	return optimization.NewService(optimization.Config{
		Store: db.Suggestions(), Settings: db.Suggestions(), Hands: optimization.NewHands(w.campaigns, w.funding, db.Log()),
		Analyst: oracle{}, Now: time.Now, NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) },
	})
}
