package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Watched implements payment.Purses.
func (s Payments) Watched(ctx context.Context) (map[uuid.UUID]bool, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT partner, 0 FROM campaigns WHERE status = $1
		UNION SELECT partner, 1 FROM funds_levels WHERE level <> $2`, string(campaigns.Active), string(payment.FundsEnough))
	if err != nil {
		return nil, s.db.translate(err)
	}
	below := map[uuid.UUID]bool{}
	return below, s.db.translate(eachRow(rows, func(rows *sql.Rows) error {
		var partner uuid.UUID
		var low int
		err := rows.Scan(&partner, &low)
		below[partner] = below[partner] || low == 1
		return err
	}))
}

// Purses implements payment.Purses.
func (s Payments) Purses(ctx context.Context, partner uuid.UUID, today localday.Day) (all []payment.Purse, err error) {
	err = s.db.read(ctx, func(tx *sql.Tx) error {
		all, err = s.purses(ctx, tx, partner, today)
		return err
	})
	return all, err
}

// deliveryOf is what delivery takes, what delivers, and what was told, a row each.
const deliveryOf = `SELECT currency, CAST(sum(spent) / count(*) AS BIGINT), CAST(0 AS BIGINT), '', CAST(0 AS BIGINT) FROM ledger_days
		WHERE partner = $1 AND day >= $2 AND day < $3 AND spent > 0 GROUP BY currency
	UNION ALL SELECT b.currency, 0, count(*), '', 0 FROM campaigns c JOIN budgets b ON b.partner = c.partner AND b.campaign = c.id
		WHERE c.partner = $1 AND c.status = $4 GROUP BY b.currency
	UNION ALL SELECT currency, 0, 0, level, revision FROM funds_levels WHERE partner = $1`

func (s Payments) purses(ctx context.Context, q querier, partner uuid.UUID, today localday.Day) ([]payment.Purse, error) {
	balances, err := s.balances(ctx, q, partner)
	if err != nil {
		return nil, err
	}
	all, at := make([]payment.Purse, len(balances)), map[money.Currency]*payment.Purse{}
	for i, b := range balances {
		all[i] = payment.Purse{Balance: b, Level: payment.FundsEnough}
		at[b.Currency] = &all[i]
	}
	rows, err := q.QueryContext(ctx, deliveryOf, s.db.key(partner), int64(today)-payment.PurseDays, int64(today), string(campaigns.Active))
	if err != nil {
		return nil, err
	}
	return all, eachRow(rows, func(rows *sql.Rows) error {
		var part payment.Purse
		err := rows.Scan(&part.Currency, &part.Daily, &part.Delivering, &part.Level, &part.Revision)
		p := at[part.Currency]
		if p == nil { // all of it needs a budget or a payment, which are never removed
			return err
		}
		p.Daily, p.Delivering, p.Revision = p.Daily+part.Daily, p.Delivering+part.Delivering, p.Revision+part.Revision
		if part.Level != "" {
			p.Level = part.Level
		}
		return err
	})
}

// Tell implements payment.Purses. Whatever moves a partner's money holds its log
// head, so that under that lock the money stays as it is.
func (s Payments) Tell(ctx context.Context, partner uuid.UUID, today localday.Day, change func(*payment.Purse) []event.Event) error {
	return s.db.write(ctx, func(t *tx) error {
		if err := t.stamp(ctx, partner); err != nil {
			return err
		}
		all, err := s.purses(ctx, t, partner, today)
		if err != nil {
			return err
		}
		for i := range all {
			p := &all[i]
			events := change(p)
			if len(events) == 0 {
				continue
			}
			t.append(events...)
			_, err := t.exec(ctx, `INSERT INTO funds_levels (partner, currency, level, revision) VALUES ($1, $2, $3, $4)
				ON CONFLICT (partner, currency) DO UPDATE SET level = excluded.level, revision = excluded.revision`,
				s.db.key(partner), string(p.Currency), string(p.Level), p.Revision)
			if err != nil {
				return fmt.Errorf("keep the level of funds: %w", err)
			}
		}
		return nil
	})
}

// Open counts the payments that something is under way of, by where they stand.
func (s Payments) Open(ctx context.Context) (map[payment.Status]int64, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT status, count(*) FROM payments WHERE open = 1 GROUP BY status`)
	if err != nil {
		return nil, s.db.translate(err)
	}
	counts := map[payment.Status]int64{}
	return counts, s.db.translate(eachRow(rows, func(rows *sql.Rows) error {
		var status payment.Status
		var n int64
		err := rows.Scan(&status, &n)
		counts[status] = n
		return err
	}))
}
