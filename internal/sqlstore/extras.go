package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/ledger"
)

// Extras implements budgets.Extras and budgets.Divider.
type Extras struct{ db *DB }

// Extras returns the store of proposals of extra spend.
func (db *DB) Extras() Extras { return Extras{db} }

const selectExtras = "SELECT id, state FROM extra_spends"

func scanExtra(row scanner) (*budgets.Extra, error) {
	var id uuid.UUID
	var text string
	if err := row.Scan(&id, &text); err != nil {
		return nil, err
	}
	x, err := decode[budgets.Extra]("extra spend", id, text)
	return &x, err
}

func (s Extras) find(ctx context.Context, q querier, which filter, lock string) (*budgets.Extra, error) {
	x, err := scanExtra(q.QueryRowContext(ctx, selectExtras+which.where+lock, which.args...))
	return x, missing(err, budgets.ErrExtraNotFound)
}

// Extra implements budgets.Extras.
func (s Extras) Extra(ctx context.Context, partner, id uuid.UUID) (*budgets.Extra, error) {
	x, err := s.find(ctx, s.db.reader, s.db.one(partner, "id", id), "")
	return x, s.db.translate(err)
}

// Extras implements budgets.Extras.
func (s Extras) Extras(ctx context.Context, partner uuid.UUID, q budgets.ExtraQuery) ([]*budgets.Extra, string, error) {
	f := filter{db: s.db}
	f.of(partner)
	if q.Budget != uuid.Nil {
		f.add("budget = ?", s.db.key(q.Budget))
	}
	f.inState("status", string(q.State), string(budgets.ExtraProposed), q.Now)
	if err := f.before(q.Cursor); err != nil {
		return nil, "", err
	}
	size := pageSize(q.Limit)
	rows, err := s.db.reader.QueryContext(ctx, selectExtras+f.where+" ORDER BY id DESC"+limited(size+1), f.args...)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	items, err := collect(rows, scanExtra)
	items, next := cut(items, size, func(x *budgets.Extra) uuid.UUID { return x.ID })
	return items, next, s.db.translate(err)
}

// DueExtras implements budgets.Extras.
func (s Extras) DueExtras(ctx context.Context, now time.Time, limit int) ([]*budgets.Extra, error) {
	rows, err := s.db.reader.QueryContext(ctx, selectExtras+" WHERE status = 'proposed' AND expires_at <= $1"+limited(limit), micros(now))
	if err != nil {
		return nil, s.db.translate(err)
	}
	due, err := collect(rows, scanExtra)
	return due, s.db.translate(err)
}

// ChangeExtra implements budgets.Extras.
func (s Extras) ChangeExtra(ctx context.Context, partner, budget, id uuid.UUID, change func(*budgets.Budget, *budgets.Extra) (*budgets.Extra, error)) (changed *budgets.Extra, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		b, err := s.db.Budgets().find(ctx, t, s.db.one(partner, "id", budget), s.db.forUpdate)
		if err != nil {
			return err
		}
		var x *budgets.Extra
		if id != uuid.Nil {
			if x, err = s.find(ctx, t, s.db.one(b.State().Partner, "id", id), s.db.forUpdate); err != nil {
				return err
			}
		}
		if changed, err = change(b, x); err != nil {
			return err
		}
		if err := s.save(ctx, t, changed); err != nil {
			return err
		}
		t.append(b.PullEvents()...)
		return s.db.Budgets().save(ctx, t, b)
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

func (s Extras) save(ctx context.Context, t *tx, x *budgets.Extra) error {
	text, err := encode(x)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO extra_spends (partner, id, budget, status, expires_at, state) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (partner, id) DO UPDATE SET status = excluded.status, state = excluded.state`,
		s.db.key(x.Partner), s.db.key(x.ID), s.db.key(x.Budget), string(x.State), micros(x.ExpiresAt), text)
	return err
}

// Divide implements budgets.Divider. What the ledger holds is read before the
// lock, and only what has come since under it: other budgets of the partner
// wait no longer than they must.
func (s Extras) Divide(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*budgets.Budget, []budgets.ChannelUse) error) (*budgets.Budget, error) {
	b, err := s.db.Budgets().Get(ctx, partner, id)
	if err != nil {
		return nil, err
	}
	owner := b.State().Partner
	early := usage{campaign: b.State().Campaign}
	if err := early.read(ctx, s.db.Ledger(), s.db.reader, owner); err != nil {
		return nil, err
	}
	return edit[*budgets.Budget]{
		load: func(t *tx) (*budgets.Budget, error) {
			return s.db.Budgets().find(ctx, t, s.db.one(partner, "id", id), s.db.forUpdate)
		},
		revision: func(b *budgets.Budget) int64 { return b.State().Revision },
		stale:    budgets.ErrStale,
		quiet:    true,
		save:     func(t *tx, b *budgets.Budget) error { return s.db.Budgets().save(ctx, t, b) },
	}.run(ctx, s.db, revision, func(t *tx, b *budgets.Budget) error {
		used := early.clone()
		if err := used.read(ctx, s.db.Ledger(), t, owner); err != nil {
			return err
		}
		return change(b, used.found)
	})
}

// usage adds up what the channels of a campaign had, entry by entry.
type usage struct {
	campaign uuid.UUID
	seen     int64 // the last entry that is in it
	found    []budgets.ChannelUse
}

func (u usage) clone() usage {
	u.found = append([]budgets.ChannelUse(nil), u.found...)
	return u
}

// read goes on after what has been seen, to the end.
func (u *usage) read(ctx context.Context, l Ledger, q querier, partner uuid.UUID) error {
	const many = 1000
	for {
		stored, err := l.entries(ctx, q, partner, Span{After: u.seen}, false, many)
		if err != nil {
			return err
		}
		for _, s := range stored {
			e, err := s.Entry()
			if err != nil {
				return fmt.Errorf("ledger entry %d: %w", s.Seq, err)
			}
			u.seen = s.Seq
			u.add(e.Lines)
		}
		if len(stored) < many {
			return nil
		}
	}
}

func (u *usage) add(lines []ledger.Line) {
	for i := range lines {
		l := &lines[i]
		if l.Campaign != u.campaign || l.Channel == "" {
			continue
		}
		use := budgets.ChannelUse{Day: l.Day, Channel: l.Channel, Reported: l.Settled + l.Overdelivery - l.Credit, Reserved: l.Reserved}
		if at := u.place(use); at != nil {
			at.Reported += use.Reported
			at.Reserved += use.Reserved
			continue
		}
		u.found = append(u.found, use)
	}
}

// place is the sum of the same channel and day, looked for from the newest.
func (u *usage) place(use budgets.ChannelUse) *budgets.ChannelUse {
	for i := len(u.found) - 1; i >= 0; i-- {
		if at := &u.found[i]; at.Day == use.Day && at.Channel == use.Channel {
			return at
		}
	}
	return nil
}

// Transfer implements budgets.Divider.
func (s Extras) Transfer(ctx context.Context, partner, from, to uuid.UUID, change func(from, to *budgets.Budget) error) (a, b *budgets.Budget, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		found, err := s.both(ctx, t, partner, from, to)
		if err != nil {
			return err
		}
		if a, b = found[from], found[to]; a == nil || b == nil {
			return budgets.ErrNotFound
		}
		if err := change(a, b); err != nil {
			return err
		}
		for _, budget := range []*budgets.Budget{a, b} {
			t.append(budget.PullEvents()...)
			if err := s.db.Budgets().save(ctx, t, budget); err != nil {
				return err
			}
		}
		return nil
	})
	return a, b, err
}

// both locks two budgets of a partner in the order in which every transaction
// locks several.
func (s Extras) both(ctx context.Context, t *tx, partner, from, to uuid.UUID) (map[uuid.UUID]*budgets.Budget, error) {
	rows, err := t.QueryContext(ctx, selectBudgets+` WHERE partner = $1 AND id IN ($2, $3) ORDER BY partner, campaign`+s.db.forUpdate,
		s.db.key(partner), s.db.key(from), s.db.key(to))
	if err != nil {
		return nil, err
	}
	all, err := collect(rows, scanBudget)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	found := map[uuid.UUID]*budgets.Budget{}
	for _, b := range all {
		found[b.State().ID] = b
	}
	return found, nil
}

var (
	_ budgets.Extras  = Extras{}
	_ budgets.Divider = Extras{}
)
