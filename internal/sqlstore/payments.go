package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/localday"
)

// Payments implements payment.Store, payment.Queue and billing.Receipts.
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
		made, err := s.put(ctx, t, p, "DO NOTHING")
		if err == nil && made == 0 {
			return payment.ErrExists
		}
		return err
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
	in(&f, "status", q.Status)
	if err := f.before(q.Cursor); err != nil {
		return nil, "", err
	}
	size := pageSize(q.Limit)
	found, err := s.all(ctx, f, " ORDER BY id DESC"+limited(size+1))
	items, next := cut(found, size, func(p *payment.Payment) uuid.UUID { return p.State().ID })
	return items, next, err
}

func (s Payments) all(ctx context.Context, f filter, tail string) ([]*payment.Payment, error) {
	rows, err := s.db.reader.QueryContext(ctx, selectPayments+f.where+tail, f.args...)
	if err != nil {
		return nil, s.db.translate(err)
	}
	found, err := collect(rows, scanPayment)
	return found, s.db.translate(err)
}

// Due implements payment.Queue.
func (s Payments) Due(ctx context.Context, now time.Time, limit int) ([]*payment.Payment, error) {
	f := filter{db: s.db}
	f.add("due_at <= ?", micros(now))
	return s.all(ctx, f, " ORDER BY due_at"+limited(limit))
}

// Hasten implements payment.Queue. What is only watched for disputes keeps its
// day.
func (s Payments) Hasten(ctx context.Context, now time.Time) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE payments SET due_at = $1 WHERE due_at > $1 AND open = 1`, micros(now))
		return err
	})
}

// Find implements payment.Queue.
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
	return s.edit(ctx, partner, id, func(_ *tx, p *payment.Payment) error { return change(p) })
}

// UpdateAgainst implements payment.Store. Whatever moves a partner's money holds
// its log head, so under that lock the balance stays as it is.
func (s Payments) UpdateAgainst(ctx context.Context, partner, id uuid.UUID, change func(*payment.Payment, payment.Balance) error) (*payment.Payment, error) {
	return s.edit(ctx, partner, id, func(t *tx, p *payment.Payment) error {
		of := p.State()
		if err := t.stamp(ctx, of.Partner); err != nil {
			return err
		}
		all, err := s.balances(ctx, t, of.Partner)
		if err != nil {
			return err
		}
		b := payment.Balance{Currency: of.Amount.Currency}
		for _, known := range all {
			if known.Currency == b.Currency {
				b = known
			}
		}
		return change(p, b)
	})
}

func (s Payments) edit(ctx context.Context, partner, id uuid.UUID, change func(*tx, *payment.Payment) error) (*payment.Payment, error) {
	return edit[*payment.Payment]{
		load: func(t *tx) (*payment.Payment, error) {
			return s.find(ctx, t, s.db.one(partner, "id", id), s.db.forUpdate)
		},
		revision: func(p *payment.Payment) int64 { return p.State().Revision },
		quiet:    true, // a look-up leaves no new revision
		save:     func(t *tx, p *payment.Payment) error { return s.save(ctx, t, p) },
	}.run(ctx, s.db, 0, change)
}

// save writes the payment and posts what has moved. A movement that is posted
// already fails the transaction: the row of the payment is locked, so only two
// payments that claim one charge come here.
func (s Payments) save(ctx context.Context, t *tx, p *payment.Payment) error {
	state := p.State()
	for _, m := range p.PullMovements() {
		_, err := t.exec(ctx, `INSERT INTO payment_movements (provider, key, partner, payment, amount) VALUES ($1, $2, $3, $4, $5)`,
			string(state.Provider), m.Key, s.db.key(state.Partner), s.db.key(state.ID), m.Amount)
		if err != nil {
			return fmt.Errorf("post %s of payment %s: %w", m.Key, state.ID, err)
		}
		t.post(state.Partner, ledger.Line{
			Kind: ledger.Funded, Currency: state.Amount.Currency, Day: m.Day, Ref: state.ID, Figures: ledger.Figures{Cash: m.Amount},
		})
	}
	_, err := s.put(ctx, t, p, `(partner, id) DO UPDATE SET provider_id = excluded.provider_id, status = excluded.status, open = excluded.open, due_at = excluded.due_at,
		paid = excluded.paid, refunded = excluded.refunded, disputed = excluded.disputed, held = excluded.held, state = excluded.state`)
	return err
}

// put writes the row; taken says what to do when there is one.
func (s Payments) put(ctx context.Context, t *tx, p *payment.Payment, taken string) (rows int64, err error) {
	state := p.State()
	text, err := encode(state)
	if err != nil {
		return 0, err
	}
	var due sql.NullInt64
	at, open := state.DueAt()
	if !at.IsZero() {
		due = sql.NullInt64{Int64: micros(at), Valid: true}
	}
	sums := state.Totals()
	result, err := t.exec(ctx, `INSERT INTO payments (partner, id, provider, provider_id, currency, status, open, due_at, paid, refunded, disputed, held, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT `+taken,
		s.db.key(state.Partner), s.db.key(state.ID), string(state.Provider), state.ProviderID, string(state.Amount.Currency), string(state.Status()),
		truth(open), due, sums.Captured, sums.Refunded, sums.Disputed, state.Held(), text)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Balances implements payment.Store, on one snapshot.
func (s Payments) Balances(ctx context.Context, partner uuid.UUID) (all []payment.Balance, err error) {
	err = s.db.read(ctx, func(snapshot *sql.Tx) error {
		all, err = s.balances(ctx, snapshot, partner)
		return err
	})
	return all, err
}

// Receipts implements billing.Receipts: what the providers' last look-ups have
// confirmed.
func (s Payments) Receipts(ctx context.Context, partner uuid.UUID, from, to localday.Day) ([]billing.Receipt, error) {
	f := filter{db: s.db}
	f.add("partner = ?", s.db.key(partner))
	f.add("id IN (SELECT payment FROM payment_movements WHERE partner = ?)", s.db.key(partner))
	found, err := s.all(ctx, f, " ORDER BY id")
	var receipts []billing.Receipt
	for _, p := range found {
		state := p.State()
		for _, r := range state.Receipts() {
			if r.Day >= from && r.Day < to {
				receipts = append(receipts, billing.Receipt{Payment: state.ID, Day: r.Day, Currency: state.Amount.Currency, Amount: r.Amount})
			}
		}
	}
	return receipts, err
}

var (
	_ payment.Store    = Payments{}
	_ payment.Queue    = Payments{}
	_ billing.Receipts = Payments{}
)
