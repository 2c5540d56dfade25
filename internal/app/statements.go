package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
)

func newStatements(db *sqlstore.DB, s *services, cfg Config) *billing.Statements {
	chart, _ := billing.ParseChart(cfg.JournalChart) // was validated
	return billing.NewStatements(db.Ledger(), zones{s}, db.Campaigns(), chart, cfg.clock())
}

// zones is billing.Partners over the partners.
type zones struct{ *services }

// Zone implements billing.Partners.
func (z zones) Zone(ctx context.Context, partner uuid.UUID) (*time.Location, error) {
	p, err := z.partners.Get(ctx, partner)
	if err != nil {
		return nil, err
	}
	return time.LoadLocation(p.State().Timezone)
}
