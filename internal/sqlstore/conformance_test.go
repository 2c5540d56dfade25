package sqlstore

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/internal/conformance"
	"github.com/hexabuilders/campaignd/performance"
)

func TestConformance(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		conformance.Run(t, conformance.Backend{
			Campaigns: db.Campaigns(), Suggestions: db.Suggestions(),
			Budgets:   db.Budgets(),
			Funding:   db.Extras(),
			Guards:    db.Guards(),
			Partners:  db.Partners(),
			Keys:      db.Keys(),
			Sessions:  db.Sessions(),
			Alerts:    db.Alerts(),
			Anomalies: db.Anomalies(),
			Webhooks:  db.Webhooks(),
			Platforms: conformance.PlatformStore{Accounts: db.AdAccounts(), Placements: db.Placements(), Rows: db.PlatformRows()},
			Panels:    db.Panels(),
			Reach:     db.Reach(),
			Audiences: db.Audiences(),
			People:    db.People(),
			Segments:  db.Segments(),
			Reports:   db.Reports(),
			Studies:   db.Studies(),
			Log:       db.Log(),
			Leases:    db.Leases(),
			Letters:   db.Letters(),
			Inbound:   db.Inbound(),
			Days:      db.ReportDays(),
			Now:       time.Now,
			Rules:     db.Rules(),
			Sources:   db.Sources(),
			Billing:   db.Reconciliation(),
			Payments:  db.Payments(),
			Books: struct {
				Ledger
				Campaigns
			}{db.Ledger(), db.Campaigns()},
		})
	})
}

func TestSeriesConformance(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		conformance.Series(t, conformance.SeriesBackend{
			Log: db.Metrics(), Reader: db.Metrics(), Series: db.Metrics(),
			Sync: func(*testing.T, map[uuid.UUID]performance.Subject) {}, // it is the log
		})
	})
}
