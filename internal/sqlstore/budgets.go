package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Budgets implements budgets.Store.
type Budgets struct{ db *DB }

// Budgets returns the store of budgets.
func (db *DB) Budgets() Budgets { return Budgets{db} }

// Get implements budgets.Store.
func (s Budgets) Get(ctx context.Context, partner, id uuid.UUID) (*budgets.Budget, error) {
	return s.read(ctx, s.db.one(partner, "id", id))
}

// ByCampaign implements budgets.Store.
func (s Budgets) ByCampaign(ctx context.Context, partner, campaign uuid.UUID) (*budgets.Budget, error) {
	return s.read(ctx, s.db.one(partner, "campaign", campaign))
}

// read is a budget as it is shown: what is due holds nothing, also before that
// has been written down.
func (s Budgets) read(ctx context.Context, which filter) (*budgets.Budget, error) {
	b, err := s.find(ctx, s.db.reader, which, "")
	if err != nil || b.State().Reserved == 0 {
		return b, s.db.translate(err)
	}
	rows, err := s.db.reader.QueryContext(ctx, `SELECT `+reservationColumns+` FROM budget_reservations
		WHERE budget = $1 AND state = 'reserved' AND expires_at <= $2`, s.db.key(b.State().ID), micros(s.db.steady()))
	if err != nil {
		return nil, s.db.translate(err)
	}
	due, err := collect(rows, scanReservation)
	b.Lapse(due)
	return b, s.db.translate(err)
}

const selectBudgets = "SELECT id, settled, open_settled, state FROM budgets"

func (s Budgets) find(ctx context.Context, q querier, which filter, lock string) (*budgets.Budget, error) {
	b, err := scanBudget(q.QueryRowContext(ctx, selectBudgets+which.where+lock, which.args...))
	return b, missing(err, budgets.ErrNotFound)
}

func scanBudget(row scanner) (*budgets.Budget, error) {
	var id uuid.UUID
	var settled, openSettled int64
	var text string
	if err := row.Scan(&id, &settled, &openSettled, &text); err != nil {
		return nil, err
	}
	state, err := decode[budgets.State]("budget", id, text)
	state.Settled, state.Open.Settled = settled, openSettled // settle adds to the columns alone
	return budgets.Restore(state), err
}

// Update implements budgets.Store.
func (s Budgets) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*budgets.Budget) error) (*budgets.Budget, error) {
	return edit[*budgets.Budget]{
		load: func(t *tx) (*budgets.Budget, error) {
			return s.find(ctx, t, s.db.one(partner, "id", id), s.db.forUpdate)
		},
		revision: func(b *budgets.Budget) int64 { return b.State().Revision },
		stale:    budgets.ErrStale,
		quiet:    true,
		save:     func(t *tx, b *budgets.Budget) error { return s.save(ctx, t, b) },
	}.run(ctx, s.db, revision, func(_ *tx, b *budgets.Budget) error { return change(b) })
}

// save writes budgets that are new, or whose rows this transaction has locked.
func (s Budgets) save(ctx context.Context, t *tx, all ...*budgets.Budget) error {
	rows := bulk{
		into: `budgets (partner, campaign, id, revision, kind, currency, limit_micros,
			settled, overdelivery, open_day, open_settled, next_mark, state)`,
		types: []string{"uuid", "uuid", "uuid", "bigint", "text", "text", "bigint", "bigint", "bigint", "integer", "bigint", "bigint", "text"},
		tail: `ON CONFLICT (partner, campaign) DO UPDATE SET revision = excluded.revision, limit_micros = excluded.limit_micros,
			settled = excluded.settled, overdelivery = excluded.overdelivery, open_day = excluded.open_day,
			open_settled = excluded.open_settled, next_mark = excluded.next_mark, state = excluded.state`,
	}
	for _, b := range all {
		state := b.State()
		t.post(state.Partner, b.PullLines()...)
		text, err := encode(state)
		if err != nil {
			return err
		}
		rows.add([16]byte(state.Partner), [16]byte(state.Campaign), [16]byte(state.ID), state.Revision, string(state.Kind),
			string(state.Currency), state.Limit, state.Settled, state.Overdelivery, int64(state.OpenDay),
			state.Open.Settled, b.NextMark(), text)
	}
	_, err := rows.exec(ctx, t)
	return err
}

// settle adds what was reported of a campaign on one of its local days, as
// budgets.Store describes: one statement while nothing can follow from it, and
// otherwise the aggregate. Either way the ledger gets a line for each share.
// Whoever settles several campaigns in a transaction does it in the order of
// their keys, and before the log heads are locked.
func (t *tx) settle(ctx context.Context, by event.Origin, at time.Time, of performance.Subject, day localday.Day, shares ...budgets.Share) error {
	amount := int64(0)
	for _, share := range shares {
		amount += share.Amount // each part of a commit is far from the end of the range
	}
	if amount > 0 {
		added, err := t.settleFast(ctx, of.Partner, of.Campaign, day, amount)
		if added {
			t.postReported(of, day, shares)
		}
		if err != nil || added {
			return err
		}
	}
	s := t.db.Budgets()
	b, err := s.find(ctx, t, t.db.one(of.Partner, "campaign", of.Campaign), t.db.forUpdate)
	if errors.Is(err, budgets.ErrNotFound) {
		return nil // nothing to hold it against; the metrics keep it
	}
	if err != nil {
		return fmt.Errorf("budget of campaign %s: %w", of.Campaign, err)
	}
	if err := b.SettleShares(by, at, day, shares...); err != nil {
		return err
	}
	t.append(b.PullEvents()...)
	return s.save(ctx, t, b)
}

// postReported is what the aggregate posts for a report within the limit.
func (t *tx) postReported(of performance.Subject, day localday.Day, shares []budgets.Share) {
	for _, share := range shares {
		t.post(of.Partner, ledger.Line{
			Kind: ledger.Reported, Campaign: of.Campaign, Channel: share.Channel, Currency: money.Currency(of.Currency),
			Day: day, Figures: ledger.Figures{Settled: share.Amount},
		})
	}
}

// settleFast adds when the figure that counts stays below the next mark. The
// amount is taken from the mark, and a daily budget's sum over its life kept
// far from the end of the range, so that nothing can overflow here.
func (t *tx) settleFast(ctx context.Context, partner, campaign uuid.UUID, day localday.Day, amount int64) (added bool, err error) {
	res, err := t.exec(ctx, `UPDATE budgets SET settled = settled + $3,
			open_settled = CASE WHEN kind = 'total' THEN open_settled ELSE open_settled + $3 END
		WHERE partner = $1 AND campaign = $2 AND (kind = 'total' AND settled < next_mark - $3
			OR (kind = 'daily' AND open_day = $4 OR kind = 'monthly' AND open_day = $5)
				AND open_settled < next_mark - $3 AND settled < 9000000000000000000 - $3)`,
		t.db.key(partner), t.db.key(campaign), amount, int64(day), int64(budgets.FirstOfMonth(day)))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}
