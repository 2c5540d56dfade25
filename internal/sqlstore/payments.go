package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Payments implements payment.Store.
type Payments struct{ db *DB }

// Payments returns the store of payments.
func (db *DB) Payments() Payments { return Payments{db} }

const selectPayments = "SELECT id, state FROM payments"

func scanPayment(row scanner) (*payment.Payment, error) {
	var id uuid.UUID
	var text string
	if err := row.Scan(&id, &text); err != nil {
		return nil, missing(err, payment.ErrNotFound)
	}
	s, err := decode[payment.State]("payment", id, text)
	return payment.Restore(s), err
}

// Insert implements payment.Store.
func (s Payments) Insert(ctx context.Context, p *payment.Payment) error {
	events := p.PullEvents()
	return s.db.write(ctx, func(t *tx) error {
		t.append(events...)
		return s.save(ctx, t, p)
	})
}

// Get implements payment.Store.
func (s Payments) Get(ctx context.Context, partner, id uuid.UUID) (*payment.Payment, error) {
	p, err := s.find(ctx, s.db.reader, s.db.one(partner, "id", id), "")
	return p, s.db.translate(err)
}

func (s Payments) find(ctx context.Context, q querier, which filter, lock string) (*payment.Payment, error) {
	return scanPayment(q.QueryRowContext(ctx, selectPayments+which.where+lock, which.args...))
}

// List implements payment.Store.
func (s Payments) List(ctx context.Context, partner uuid.UUID, q payment.Query) ([]*payment.Payment, string, error) {
	f := filter{db: s.db}
	f.of(partner)
	if err := f.before(q.Cursor); err != nil {
		return nil, "", err
	}
	size := pageSize(q.Limit)
	found, err := s.all(ctx, f, " ORDER BY id DESC"+limited(size+1))
	items, next := cut(found, size, func(p *payment.Payment) uuid.UUID { return p.State().ID })
	return items, next, err
}

// Due implements payment.Store.
func (s Payments) Due(ctx context.Context, now time.Time, limit int) ([]*payment.Payment, error) {
	f := filter{db: s.db}
	f.add("due_at <= ?", micros(now))
	return s.all(ctx, f, " ORDER BY due_at"+limited(limit))
}

func (s Payments) all(ctx context.Context, f filter, tail string) ([]*payment.Payment, error) {
	rows, err := s.db.reader.QueryContext(ctx, selectPayments+f.where+tail, f.args...)
	if err != nil {
		return nil, s.db.translate(err)
	}
	found, err := collect(rows, scanPayment)
	return found, s.db.translate(err)
}

// Find implements payment.Store.
func (s Payments) Find(ctx context.Context, provider payment.Provider, n payment.Notice) (*payment.Payment, error) {
	which := filter{db: s.db}
	which.add("provider = ?", string(provider))
	switch {
	case n.Reference != uuid.Nil:
		which.add("id = ?", s.db.key(n.Reference))
	case n.ProviderID != "":
		which.add("provider_id = ?", n.ProviderID)
	default:
		which.add("id IN (SELECT payment FROM payment_movements WHERE provider = ? AND key = ?)", string(provider), "capture:"+n.Charge)
	}
	p, err := s.find(ctx, s.db.reader, which, "")
	return p, s.db.translate(err)
}

// Update implements payment.Store.
func (s Payments) Update(ctx context.Context, partner, id uuid.UUID, change func(*payment.Payment) error) (*payment.Payment, error) {
	return edit[*payment.Payment]{
		load: func(t *tx) (*payment.Payment, error) {
			return s.find(ctx, t, s.db.one(partner, "id", id), s.db.forUpdate)
		},
		revision: func(p *payment.Payment) int64 { return p.State().Revision },
		quiet:    true, // a look-up leaves no new revision
		save:     func(t *tx, p *payment.Payment) error { return s.save(ctx, t, p) },
	}.run(ctx, s.db, 0, func(_ *tx, p *payment.Payment) error { return change(p) })
}

// save writes the payment and posts what has moved. A movement that is posted
// already fails the transaction: the row of the payment is locked, so only two
// payments that claim one charge come here.
func (s Payments) save(ctx context.Context, t *tx, p *payment.Payment) error {
	state, moved := p.State(), p.PullMovements()
	for _, m := range moved {
		_, err := t.exec(ctx, `INSERT INTO payment_movements (provider, key, partner, payment, amount) VALUES ($1, $2, $3, $4, $5)`,
			string(state.Provider), m.Key, s.db.key(state.Partner), s.db.key(state.ID), m.Amount)
		if err != nil {
			return fmt.Errorf("post %s of payment %s: %w", m.Key, state.ID, err)
		}
		t.post(state.Partner, ledger.Line{
			Kind: ledger.Funded, Currency: state.Amount.Currency, Day: localday.Of(t.db.now(), time.UTC), Ref: state.ID,
			Figures: ledger.Figures{Cash: m.Amount},
		})
	}
	text, err := encode(state)
	if err != nil {
		return err
	}
	var due sql.NullInt64
	if at, open := state.DueAt(); open {
		due = sql.NullInt64{Int64: micros(at), Valid: true}
	}
	sums := state.Totals()
	_, err = t.exec(ctx, `INSERT INTO payments (partner, id, revision, provider, provider_id, currency, paid, refunded, disputed, due_at, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (partner, id) DO UPDATE SET revision = excluded.revision, provider_id = excluded.provider_id, paid = excluded.paid,
			refunded = excluded.refunded, disputed = excluded.disputed, due_at = excluded.due_at, state = excluded.state`,
		s.db.key(state.Partner), s.db.key(state.ID), state.Revision, string(state.Provider), state.ProviderID, string(state.Amount.Currency),
		sums.Captured, sums.Refunded, sums.Disputed, due, text)
	return err
}

// Balances implements payment.Store, on one snapshot.
func (s Payments) Balances(ctx context.Context, partner uuid.UUID) ([]payment.Balance, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT currency, CAST(sum(paid) AS BIGINT), CAST(sum(refunded) AS BIGINT),
			CAST(sum(disputed) AS BIGINT), CAST(sum(spent) AS BIGINT) FROM (
		SELECT currency, paid, refunded, disputed, 0 AS spent FROM payments WHERE partner = $1
		UNION ALL SELECT currency, 0, 0, 0, spent FROM ledger_days WHERE partner = $1) AS moved
		GROUP BY currency ORDER BY currency`, s.db.key(partner))
	if err != nil {
		return nil, s.db.translate(err)
	}
	found, err := collect(rows, func(row scanner) (payment.Balance, error) {
		var b payment.Balance
		var code string
		err := row.Scan(&code, &b.Paid, &b.Refunded, &b.Disputed, &b.Spent)
		b.Currency = money.Currency(code)
		return b, err
	})
	return found, s.db.translate(err)
}

var _ payment.Store = Payments{}
