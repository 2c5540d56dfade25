package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"github.com/google/uuid"
)

// Log checks that a partner's log has no gap, that its recorded_at never goes
// back, and that its head is its last entry.
func (v Verify) Log(ctx context.Context, partner uuid.UUID) error {
	rows, err := v.m.db.reader.QueryContext(ctx, `SELECT seq, recorded_at FROM events WHERE partner = $1 ORDER BY seq`, v.m.db.key(partner))
	if err != nil {
		return v.m.db.translate(err)
	}
	report := func(where, column string, stored, want int64) {
		v.Report(Difference{Check: "log", Partner: partner, Where: where, Column: column,
			Stored: strconv.FormatInt(stored, 10), True: strconv.FormatInt(want, 10)})
	}
	var seq, last int64
	err = eachRow(rows, func(rows *sql.Rows) error {
		var s, at int64
		if err := rows.Scan(&s, &at); err != nil {
			return err
		}
		if s != seq+1 {
			report(fmt.Sprintf("entry after %d", seq), "seq", s, seq+1)
		}
		if at < last {
			report(fmt.Sprintf("entry %d", s), "recorded_at, at the least", at, last)
		}
		seq, last = s, max(last, at)
		return nil
	})
	if err != nil {
		return v.m.db.translate(err)
	}
	head, err := v.m.db.Log().Head(ctx, partner)
	if err == nil && head != seq {
		report("head", "seq", head, seq)
	}
	return err
}

// Spend checks that what budgets have settled, less the refunds they keep, is
// what was reported, recorded by its id and committed of reservations.
func (v Verify) Spend(ctx context.Context, partner uuid.UUID) error {
	db := v.m.db
	rows, err := db.reader.QueryContext(ctx, `SELECT b.id, CAST(coalesce(t.spend, 0)
			+ coalesce((SELECT sum(s.amount) FROM budget_spends s WHERE s.partner = b.partner AND s.budget = b.id), 0)
			+ coalesce((SELECT sum(r.committed) FROM budget_reservations r WHERE r.budget = b.id), 0) AS BIGINT)
		FROM budgets b LEFT JOIN metric_totals t ON t.partner = b.partner AND t.campaign = b.campaign
		WHERE b.partner = $1 ORDER BY b.campaign`, db.key(partner))
	if err != nil {
		return db.translate(err)
	}
	type spent struct {
		budget uuid.UUID
		amount int64
	}
	all, err := collect(rows, func(row scanner) (s spent, err error) {
		err = row.Scan(&s.budget, &s.amount)
		return s, err
	})
	if err != nil {
		return db.translate(err)
	}
	for _, s := range all {
		b, err := db.Budgets().find(ctx, db.reader, db.one(partner, "id", s.budget), "")
		if err != nil {
			return db.translate(err)
		}
		if state := b.State(); state.Settled-state.Credit != s.amount {
			v.Report(Difference{Check: "spend", Partner: partner, Campaign: state.Campaign, Where: "budget", Column: "settled",
				Stored: strconv.FormatInt(state.Settled-state.Credit, 10), True: strconv.FormatInt(s.amount, 10)})
		}
	}
	return nil
}
