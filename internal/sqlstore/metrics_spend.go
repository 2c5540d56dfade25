package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// settleSpend adds a partner's reported spend to its campaigns' budgets, in the
// order of their keys.
func (t *tx) settleSpend(ctx context.Context, p *performance.PartnerPart) error {
	by := event.Origin{Partner: p.Partner, Kind: event.ActorReaction, ID: "performance", From: "metrics", CorrelationID: p.By.CorrelationID}
	at := moment(micros(t.db.now())) // as exact as what is stored
	settled, err := t.settleTogether(ctx, p)
	if err != nil {
		return err
	}
	for _, part := range p.Parts {
		for _, spend := range part.Spend {
			if settled[part.Campaign] {
				t.postReported(part.Subject, spend.Day, sharesOf(part, spend.Day))
				continue
			}
			if err := t.settle(ctx, by, at, part.Subject, spend.Day, sharesOf(part, spend.Day)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// sharesOf is what a part says of one day, by channel. Days are the last
// rollups of a part.
func sharesOf(part *performance.Part, day localday.Day) []budgets.Share {
	var shares []budgets.Share
	for i := len(part.Rollups) - 1; i >= 0 && part.Rollups[i].Bucket == performance.Day; i-- {
		r := &part.Rollups[i]
		if amount := r.Sums[performance.Spend]; r.Start == int64(day) && amount != 0 {
			shares = append(shares, budgets.Share{Channel: r.Channel, Amount: amount})
		}
	}
	return shares
}

// settleTogether is settleFast for many campaigns in one statement, where a
// statement for each would be a round trip for each. It returns those whose
// spend it has added, which are nearly all. Their rows cannot be locked in
// another order meanwhile: this transaction already holds their totals.
func (t *tx) settleTogether(ctx context.Context, p *performance.PartnerPart) (map[uuid.UUID]bool, error) {
	if t.db.name != postgresDialect.name {
		return nil, nil
	}
	var campaigns [][16]byte
	var days, months, amounts []int64
	for _, part := range p.Parts {
		if len(part.Spend) == 1 && part.Spend[0].Amount > 0 {
			campaigns = append(campaigns, part.Campaign)
			day := part.Spend[0].Day
			days, months = append(days, int64(day)), append(months, int64(budgets.FirstOfMonth(day)))
			amounts = append(amounts, part.Spend[0].Amount)
		}
	}
	rows, err := t.query(ctx, `UPDATE budgets b SET settled = b.settled + x.amount,
			open_settled = CASE WHEN b.kind = 'total' THEN b.open_settled ELSE b.open_settled + x.amount END
		FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[]) AS x (campaign, day, amount, month)
		WHERE b.partner = $1 AND b.campaign = x.campaign AND (b.kind = 'total' AND b.settled < b.next_mark - x.amount
			OR (b.kind = 'daily' AND b.open_day = x.day OR b.kind = 'monthly' AND b.open_day = x.month) AND b.open_settled < b.next_mark - x.amount AND b.settled < 9000000000000000000 - x.amount)
		RETURNING b.campaign`, t.db.key(p.Partner), campaigns, days, amounts, months)
	if err != nil {
		return nil, fmt.Errorf("settle spend: %w", err)
	}
	settled := make(map[uuid.UUID]bool, len(campaigns))
	return settled, eachRow(rows, func(rows *sql.Rows) error {
		var campaign uuid.UUID
		err := rows.Scan(&campaign)
		settled[campaign] = true
		return err
	})
}
