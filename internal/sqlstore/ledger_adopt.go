package sqlstore

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/localday"
)

// adoptBudgets begins the ledgers of partners whose budgets are older than the
// ledger: their first entry carries forward what stands in the budgets, so that
// from there on everything adds up.
func (db *DB) adoptBudgets(ctx context.Context) error {
	rows, err := db.reader.QueryContext(ctx, `SELECT DISTINCT b.partner FROM budgets b
		WHERE NOT EXISTS (SELECT 1 FROM log_heads h WHERE h.partner = b.partner AND h.ledger_seq > 0)`)
	if err != nil {
		return err
	}
	partners, err := collect(rows, scanID)
	if err != nil {
		return err
	}
	for _, p := range partners {
		if err := db.write(ctx, func(t *tx) error { return t.adopt(ctx, p) }); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) adopt(ctx context.Context, partner uuid.UUID) error {
	rows, err := t.query(ctx, selectBudgets+` WHERE partner = $1 ORDER BY campaign`+t.db.forUpdate, t.db.key(partner))
	if err != nil {
		return err
	}
	all, err := collect(rows, scanBudget)
	if err != nil {
		return err
	}
	if err := t.stamp(ctx, partner); err != nil || t.ends[partner].Seq > 0 {
		return err // another node was first
	}
	for _, b := range all {
		t.post(partner, carried(b.State())...)
	}
	return nil
}

// carried is a budget in lines: one of a total budget, one for each period of
// another.
func carried(s budgets.State) []ledger.Line {
	line := func(day localday.Day, t budgets.Tally) ledger.Line {
		return ledger.Line{Kind: ledger.Carried, Campaign: s.Campaign, Currency: s.Currency, Day: day, Figures: ledger.Figures{
			Limit: s.Limit, Settled: t.Settled - t.Overdelivery, Overdelivery: t.Overdelivery, Credit: t.Credit,
		}}
	}
	if s.Kind == budgets.KindTotal {
		return []ledger.Line{line(localday.Of(s.CreatedAt, time.UTC), s.Tally)}
	}
	var lines []ledger.Line
	for _, d := range s.Closed {
		lines = append(lines, line(d.Day, d.Tally))
	}
	if s.OpenDay != 0 {
		lines = append(lines, line(s.OpenDay, s.Open))
	}
	return lines
}
