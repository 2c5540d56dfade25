package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/event"
)

// Guards implements budgets.Guards.
type Guards struct{ db *DB }

// Guards returns the store of what partners allow.
func (db *DB) Guards() Guards { return Guards{db} }

// Policy implements budgets.Guards.
func (s Guards) Policy(ctx context.Context, partner uuid.UUID) (budgets.Policy, error) {
	p, err := s.find(ctx, s.db.reader, partner, "")
	return p, s.db.translate(err)
}

func (s Guards) find(ctx context.Context, q querier, partner uuid.UUID, lock string) (budgets.Policy, error) {
	var text string
	err := q.QueryRowContext(ctx, `SELECT state FROM budget_guards WHERE partner = $1`+lock, s.db.key(partner)).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return budgets.DefaultPolicy(), nil
	}
	if err != nil {
		return budgets.Policy{}, err
	}
	p, err := decode[budgets.Policy]("guard of partner", partner, text)
	if err == nil {
		err = p.Terms().Check() // what makes no sense is as good as unreadable
	}
	return p, err
}

// SetPolicy implements budgets.Guards. Of two that set the first policy at once
// the partner's row lets one go first.
func (s Guards) SetPolicy(ctx context.Context, by event.Origin, at time.Time, revision int64, change func(budgets.Policy) (budgets.Policy, error)) (set budgets.Policy, err error) {
	partner := by.Partner
	err = s.db.write(ctx, func(t *tx) error {
		if _, err := t.db.Partners().find(ctx, t, partner, t.db.forUpdate); err != nil {
			return err
		}
		before, err := s.find(ctx, t, partner, "")
		if err != nil {
			return err
		}
		if revision != 0 && revision != before.Revision {
			return budgets.ErrStale
		}
		if set, err = change(before); err != nil || set.Revision == before.Revision {
			return err
		}
		text, err := encode(set)
		if err != nil {
			return err
		}
		var rec event.Recorder
		rec.Record("guard", partner, set.Revision, at, by, budgets.PolicyChanged{Partner: partner, Before: before.Terms(), After: set.Terms()})
		t.append(rec.Pull()...)
		_, err = t.exec(ctx, `INSERT INTO budget_guards (partner, revision, state) VALUES ($1, $2, $3)
			ON CONFLICT (partner) DO UPDATE SET revision = excluded.revision, state = excluded.state`, s.db.key(partner), set.Revision, text)
		return err
	})
	return set, err
}

var _ budgets.Guards = Guards{}
