package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/partners"
)

func newStatements(db *sqlstore.DB, s *services, cfg Config) *billing.Statements {
	chart, _ := billing.ParseChart(cfg.JournalChart) // was validated
	return billing.NewStatements(db.Ledger(), zones{s.partners}, db.Campaigns(), chart, cfg.clock())
}

// newReconciler compares payments only where a provider is connected.
func newReconciler(db *sqlstore.DB, s *services, now func() time.Time) *billing.Reconciler {
	c := billing.ReconcilerConfig{
		Ledger: db.Ledger(), Platforms: db.Reconciliation(), Partners: zones{s.partners}, Names: db.Campaigns(), Notes: db.Reconciliation(), Now: now,
	}
	if len(s.payments.Offered()) > 0 {
		c.Receipts = db.Payments()
	}
	return billing.NewReconciler(c)
}

// zones is billing.Partners over the partners.
type zones struct{ *partners.Service }

// Zone implements billing.Partners.
func (z zones) Zone(ctx context.Context, partner uuid.UUID) (*time.Location, error) {
	p, err := z.Get(ctx, partner)
	if err != nil {
		return nil, err
	}
	return time.LoadLocation(p.State().Timezone)
}
