package sqlstore

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/money"
)

// balances adds up a partner's payments and what its budgets say was spent,
// which campaignd verify holds both against the ledger. There is one budget a
// campaign: at some thousands of them this takes tens of milliseconds, which a
// refund or a launch can wait for.
func (s Payments) balances(ctx context.Context, q querier, partner uuid.UUID) ([]payment.Balance, error) {
	rows, err := q.QueryContext(ctx, `SELECT currency, CAST(sum(paid) AS BIGINT), CAST(sum(refunded) AS BIGINT),
			CAST(sum(disputed) AS BIGINT), CAST(sum(held) AS BIGINT) FROM payments WHERE partner = $1 GROUP BY currency`, s.db.key(partner))
	if err != nil {
		return nil, err
	}
	all, err := collect(rows, func(row scanner) (b payment.Balance, err error) {
		err = row.Scan(&b.Currency, &b.Paid, &b.Refunded, &b.Disputed, &b.Held)
		return b, err
	})
	if err != nil {
		return nil, err
	}
	spent, err := s.spent(ctx, q, partner)
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Spent = spent[all[i].Currency]
		delete(spent, all[i].Currency)
	}
	for currency, micros := range spent {
		all = append(all, payment.Balance{Currency: currency, Spent: micros})
	}
	slices.SortFunc(all, func(x, y payment.Balance) int { return cmp.Compare(x.Currency, y.Currency) })
	return all, nil
}

// spent is the delivery of all campaigns, without what platforms took back.
func (s Payments) spent(ctx context.Context, q querier, partner uuid.UUID) (map[money.Currency]int64, error) {
	rows, err := q.QueryContext(ctx, selectBudgets+` WHERE partner = $1`, s.db.key(partner))
	if err != nil {
		return nil, err
	}
	all, err := collect(rows, scanBudget)
	spent := map[money.Currency]int64{}
	for _, b := range all {
		state := b.State()
		spent[state.Currency] += state.Settled - state.Credit
	}
	return spent, err
}
