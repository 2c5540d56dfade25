package sqlstore

import (
	"context"
	"errors"
	"iter"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
)

func keysOf[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

// ignore is nil for one sentinel.
func ignore(err, sentinel error) error {
	if errors.Is(err, sentinel) {
		return nil
	}
	return err
}

// Due implements budgets.Vault.
func (v Vault) Due(ctx context.Context, now time.Time, limit int) ([]uuid.UUID, error) {
	rows, err := v.db.reader.QueryContext(ctx, `SELECT DISTINCT budget FROM budget_reservations
		WHERE state = 'reserved' AND expires_at <= $1`+limited(limit), micros(now))
	if err != nil {
		return nil, v.db.translate(err)
	}
	ids, err := collect(rows, scanID)
	return ids, v.db.translate(err)
}

// Reservation implements budgets.Vault.
func (v Vault) Reservation(ctx context.Context, partner, id uuid.UUID) (*budgets.Reservation, error) {
	which := v.db.one(partner, "id", id)
	r, err := scanReservation(v.db.reader.QueryRowContext(ctx, `SELECT `+reservationColumns+` FROM budget_reservations`+which.where, which.args...))
	return r, v.db.translate(missing(err, budgets.ErrReservationNotFound))
}

// Reservations implements budgets.Vault.
func (v Vault) Reservations(ctx context.Context, partner, budget uuid.UUID, q budgets.ReservationQuery) (items []*budgets.Reservation, next string, err error) {
	which := v.db.one(partner, "budget", budget)
	which.inState("state", string(q.State), string(budgets.StateReserved), q.Now)
	if err := which.before(q.Cursor); err != nil {
		return nil, "", err
	}
	size := pageSize(q.Limit)
	rows, err := v.db.reader.QueryContext(ctx, `SELECT `+reservationColumns+` FROM budget_reservations`+which.where+` ORDER BY id DESC`+limited(size+1), which.args...)
	if err != nil {
		return nil, "", v.db.translate(err)
	}
	if items, err = collect(rows, scanReservation); err != nil {
		return nil, "", v.db.translate(err)
	}
	items, next = cut(items, size, func(r *budgets.Reservation) uuid.UUID { return r.ID })
	return items, next, nil
}

// Spend implements budgets.Vault.
func (v Vault) Spend(ctx context.Context, partner, budget uuid.UUID, id string) (*budgets.Spend, error) {
	which := v.db.one(partner, "budget", budget)
	which.add("id = ?", id)
	s, err := scanSpend(v.db.reader.QueryRowContext(ctx, `SELECT `+spendColumns+` FROM budget_spends`+which.where, which.args...))
	return s, v.db.translate(missing(err, budgets.ErrSpendNotFound))
}

// Spends implements budgets.Vault.
func (v Vault) Spends(ctx context.Context, partner, budget uuid.UUID, limit int, cursor string) (items []*budgets.Spend, next string, err error) {
	which := v.db.one(partner, "budget", budget)
	last, err := parseCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	if last != uuid.Nil {
		which.add("place < ?", v.db.key(last))
	}
	type placed struct {
		*budgets.Spend
		place uuid.UUID
	}
	size := pageSize(limit)
	rows, err := v.db.reader.QueryContext(ctx, `SELECT place, `+spendColumns+` FROM budget_spends`+which.where+` ORDER BY place DESC`+limited(size+1), which.args...)
	if err != nil {
		return nil, "", v.db.translate(err)
	}
	found, err := collect(rows, func(row scanner) (p placed, err error) {
		p.Spend, err = scanSpend(prefixed{row, &p.place})
		return p, err
	})
	if err != nil {
		return nil, "", v.db.translate(err)
	}
	found, next = cut(found, size, func(p placed) uuid.UUID { return p.place })
	for _, p := range found {
		items = append(items, p.Spend)
	}
	return items, next, nil
}

// prefixed is a row with one more column in front.
type prefixed struct {
	scanner
	first any
}

// Scan implements scanner.
func (p prefixed) Scan(to ...any) error { return p.scanner.Scan(append([]any{p.first}, to...)...) }

var _ budgets.Vault = Vault{}
