package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/partners"
)

// Vault implements budgets.Vault.
type Vault struct{ db *DB }

// Vault returns the store of decisions.
func (db *DB) Vault() Vault { return Vault{db} }

// errDue ends a transaction that has not locked the budgets of all reservations
// which have to expire in it.
var errDue = errors.New("sqlstore: budgets with due reservations are not locked")

// Decide implements budgets.Vault. What it has to lock is known beforehand but
// for two cases: the budgets of reservations that are named, which never change
// and so are asked for outside of the transaction, and those with reservations
// that are due, which are rare and make it begin again.
func (v Vault) Decide(ctx context.Context, needs budgets.Needs, decide func(*budgets.Books) error) error {
	of, err := v.refs(ctx, `SELECT DISTINCT budget FROM budget_reservations WHERE id`, needs.Reservations)
	if err != nil {
		return v.db.translate(err)
	}
	for {
		needs.Budgets = unique(append(needs.Budgets, of...))
		err := v.db.write(ctx, func(t *tx) error {
			books, due, err := v.open(ctx, t, needs)
			if err != nil {
				return err
			}
			if of = due; len(due) > 0 {
				return errDue
			}
			if err := decide(books); err != nil {
				return err
			}
			return v.close(ctx, t, books)
		})
		if !errors.Is(err, errDue) {
			return err
		}
	}
}

func compareIDs(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }

func unique(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, compareIDs)
	return slices.Compact(ids)
}

func scanID(row scanner) (id uuid.UUID, err error) {
	err = row.Scan(&id)
	return id, err
}

// refs runs a query that ends in a column which is to be one of the ids.
func (v Vault) refs(ctx context.Context, query string, ids []uuid.UUID) ([]uuid.UUID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	among, args := v.db.among(ids)
	rows, err := v.db.reader.QueryContext(ctx, query+among, args...)
	if err != nil {
		return nil, err
	}
	return collect(rows, scanID)
}

// among is the condition that a column is one of the ids, at least one. There
// are few statements of it, so that they stay prepared: PostgreSQL gets one array,
// and SQLite the last id again up to a power of two.
func (db *DB) among(ids []uuid.UUID) (condition string, args []any) {
	if db.name == postgresDialect.name {
		array := make([][16]byte, len(ids))
		for i, id := range ids {
			array[i] = id
		}
		return " = ANY($1::uuid[])", []any{array}
	}
	args = make([]any, 1<<bits.Len(uint(len(ids)-1)))
	for i := range args {
		args[i] = db.key(ids[min(i, len(ids)-1)])
	}
	return " IN (?" + strings.Repeat(",?", len(args)-1) + ")", args
}

// open locks the budgets and then their partners' log heads, and reads the rest
// under these locks. due are further budgets that have to be locked: what has
// run out must not count against a partner's limit.
func (v Vault) open(ctx context.Context, t *tx, needs budgets.Needs) (b *budgets.Books, due []uuid.UUID, err error) {
	b = &budgets.Books{
		Budgets: map[uuid.UUID]*budgets.Budget{}, Reservations: map[uuid.UUID]*budgets.Reservation{},
		Spends: map[budgets.SpendRef]*budgets.Spend{}, Allowances: map[uuid.UUID]*budgets.Allowance{}, Changed: map[uuid.UUID]*budgets.Reservation{},
	}
	owners, err := v.lock(ctx, t, b, needs.Budgets)
	if err != nil {
		return nil, nil, err
	}
	b.Now = v.db.steady().UTC().Truncate(time.Microsecond)
	for _, p := range owners {
		a, err := v.allowance(ctx, t, p)
		if err != nil {
			return nil, nil, err
		}
		if a.Limited() {
			b.Allowances[p] = a
		}
	}
	if err := v.readNamed(ctx, t, b, append(slices.Clone(needs.Reservations), needs.Fresh...)); err != nil {
		return nil, nil, err
	}
	if due, err = v.readDue(ctx, t, b, owners); err != nil {
		return nil, nil, err
	}
	return b, unique(due), v.readSpends(ctx, t, b, needs.Spends)
}

func (v Vault) lock(ctx context.Context, t *tx, b *budgets.Books, ids []uuid.UUID) (owners []uuid.UUID, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	among, args := v.db.among(ids)
	rows, err := t.query(ctx, selectBudgets+` WHERE id`+among+` ORDER BY partner, campaign`+v.db.forUpdate, args...)
	if err != nil {
		return nil, fmt.Errorf("lock budgets: %w", err)
	}
	all, err := collect(rows, scanBudget)
	if err != nil {
		return nil, fmt.Errorf("lock budgets: %w", err)
	}
	for _, budget := range all {
		s := budget.State()
		b.Budgets[s.ID] = budget
		owners = append(owners, s.Partner)
	}
	slices.SortFunc(owners, compareIDs)
	owners = slices.Compact(owners)
	return owners, t.stamp(ctx, slices.Clone(owners)...)
}

const reservationColumns = `partner, id, budget, campaign, channel, currency, day, amount, state, committed, late, created_at, expires_at, resolved_at`

func scanReservation(row scanner) (*budgets.Reservation, error) {
	r := &budgets.Reservation{}
	var day, late, created, expires, resolved int64
	err := row.Scan(&r.Partner, &r.ID, &r.Budget, &r.Campaign, &r.Channel, &r.Currency, &day, &r.Amount, &r.State, &r.Committed, &late, &created, &expires, &resolved)
	r.Day, r.Late, r.CreatedAt, r.ExpiresAt = localday.Day(day), late != 0, moment(created), moment(expires)
	if resolved != 0 {
		at := moment(resolved)
		r.ResolvedAt = &at
	}
	return r, err
}

// readNamed finds reservations by their ids.
func (v Vault) readNamed(ctx context.Context, t *tx, b *budgets.Books, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	among, args := v.db.among(ids)
	rows, err := t.query(ctx, `SELECT `+reservationColumns+` FROM budget_reservations WHERE id`+among, args...)
	if err != nil {
		return fmt.Errorf("read reservations: %w", err)
	}
	found, err := collect(rows, scanReservation)
	for _, r := range found {
		b.Reservations[r.ID] = r
	}
	return err
}

// readDue finds the reservations that are due of the budgets that are locked.
// Where a partner has limits of its own those of its other budgets count too;
// without, they are left to their own turn.
func (v Vault) readDue(ctx context.Context, t *tx, b *budgets.Books, owners []uuid.UUID) (unlocked []uuid.UUID, err error) {
	for _, p := range owners {
		rows, err := t.query(ctx, `SELECT `+reservationColumns+` FROM budget_reservations
			WHERE partner = $1 AND state = 'reserved' AND expires_at <= $2`, v.db.key(p), micros(b.Now))
		if err != nil {
			return nil, fmt.Errorf("read what is due: %w", err)
		}
		found, err := collect(rows, scanReservation)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			if b.Budgets[r.Budget] != nil {
				b.Reservations[r.ID] = r
			} else if b.Allowances[p] != nil {
				unlocked = append(unlocked, r.Budget)
			}
		}
	}
	return unlocked, nil
}

const spendColumns = `partner, budget, id, category, currency, amount, occurred_at, day, recorded_at, overdelivery, credit`

func scanSpend(row scanner) (*budgets.Spend, error) {
	s := &budgets.Spend{}
	var occurred, day, recorded int64
	err := row.Scan(&s.Partner, &s.Budget, &s.ID, &s.Category, &s.Currency, &s.Amount, &occurred, &day, &recorded, &s.Overdelivery, &s.Credit)
	s.OccurredAt, s.Day, s.RecordedAt = moment(occurred), localday.Day(day), moment(recorded)
	return s, err
}

func (v Vault) readSpends(ctx context.Context, t *tx, b *budgets.Books, refs []budgets.SpendRef) error {
	for _, ref := range refs {
		of := b.Budgets[ref.Budget]
		if of == nil {
			continue
		}
		s, err := scanSpend(t.queryRow(ctx, `SELECT `+spendColumns+` FROM budget_spends WHERE partner = $1 AND budget = $2 AND id = $3`,
			v.db.key(of.State().Partner), v.db.key(ref.Budget), ref.ID))
		if err == nil {
			b.Spends[ref] = s
		} else if err = missing(err, nil); err != nil {
			return fmt.Errorf("read spends: %w", err)
		}
	}
	return nil
}

// allowance is what the scopes above the partner's budgets allow. Its log head
// is locked, so the days stay as they are until the commit.
func (v Vault) allowance(ctx context.Context, t *tx, partner uuid.UUID) (*budgets.Allowance, error) {
	p, err := t.db.Partners().find(ctx, t, partner, "")
	if err != nil {
		return &budgets.Allowance{}, ignore(err, partners.ErrNotFound)
	}
	s := p.State()
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		zone = time.UTC
	}
	a := &budgets.Allowance{Daily: s.Limits.DailyBudget, Monthly: s.Limits.MonthlyBudget, Contract: s.Contract.Limit, Days: map[ledger.DayKey]ledger.DaySums{}}
	if s.Contract.From != nil {
		a.ContractFrom = localday.Of(*s.Contract.From, zone)
	}
	if s.Contract.Until != nil {
		a.ContractTo = localday.Of(s.Contract.Until.Add(-time.Microsecond), zone) + 1
	}
	if !a.Limited() {
		return a, nil
	}
	rows, err := t.query(ctx, `SELECT day, currency, spent, reserved FROM ledger_days WHERE partner = $1`, v.db.key(partner))
	if err != nil {
		return nil, err
	}
	return a, eachRow(rows, func(rows *sql.Rows) error {
		key, sums, err := scanDay(rows)
		a.Days[key] = sums
		return err
	})
}

// close writes what was decided.
func (v Vault) close(ctx context.Context, t *tx, b *budgets.Books) error {
	var moved []*budgets.Budget
	for _, id := range slices.SortedFunc(keysOf(b.Budgets), compareIDs) {
		if budget := b.Budgets[id]; budget.Moved() {
			t.append(budget.PullEvents()...)
			moved = append(moved, budget)
		}
	}
	if err := t.db.Budgets().save(ctx, t, moved...); err != nil {
		return err
	}
	if err := v.writeReservations(ctx, t, b); err != nil {
		return err
	}
	return v.writeSpends(ctx, t, b)
}

func (v Vault) writeReservations(ctx context.Context, t *tx, b *budgets.Books) error {
	rows := bulk{
		into:  "budget_reservations (" + reservationColumns + ")",
		types: []string{"uuid", "uuid", "uuid", "uuid", "text", "text", "bigint", "bigint", "text", "bigint", "integer", "bigint", "bigint", "bigint"},
		tail: `ON CONFLICT (partner, id) DO UPDATE SET state = excluded.state, committed = excluded.committed,
			late = excluded.late, resolved_at = excluded.resolved_at`,
	}
	for _, id := range slices.SortedFunc(keysOf(b.Changed), compareIDs) {
		r := b.Changed[id]
		late, resolved := int64(0), int64(0)
		if r.Late {
			late = 1
		}
		if r.ResolvedAt != nil {
			resolved = micros(*r.ResolvedAt)
		}
		rows.add([16]byte(r.Partner), [16]byte(r.ID), [16]byte(r.Budget), [16]byte(r.Campaign), r.Channel, string(r.Currency), int64(r.Day),
			r.Amount, string(r.State), r.Committed, late, micros(r.CreatedAt), micros(r.ExpiresAt), resolved)
	}
	if _, err := rows.exec(ctx, t); err != nil {
		return fmt.Errorf("write reservations: %w", err)
	}
	return nil
}

func (v Vault) writeSpends(ctx context.Context, t *tx, b *budgets.Books) error {
	rows := bulk{
		into:  "budget_spends (place, " + spendColumns + ")",
		types: []string{"uuid", "uuid", "uuid", "text", "text", "text", "bigint", "bigint", "bigint", "bigint", "bigint", "bigint"},
	}
	for _, s := range b.Recorded {
		place := [16]byte(uuid.Must(uuid.NewV7()))
		rows.add(place, [16]byte(s.Partner), [16]byte(s.Budget), s.ID, s.Category, string(s.Currency), s.Amount, micros(s.OccurredAt),
			int64(s.Day), micros(s.RecordedAt), s.Overdelivery, s.Credit)
	}
	if _, err := rows.exec(ctx, t); err != nil {
		return fmt.Errorf("write spends: %w", err)
	}
	return nil
}
