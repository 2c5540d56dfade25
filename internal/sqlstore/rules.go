package sqlstore

import (
	"context"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance/rule"
)

// Rules implements rule.Store and rule.Standings.
type Rules struct{ db *DB }

// Rules returns the store of alert rules.
func (db *DB) Rules() Rules { return Rules{db} }

// Insert implements rule.Store. Counting locks nothing: of two that come at once
// both may be let in, and the bound is for the engine's sake, not to the rule.
func (s Rules) Insert(ctx context.Context, r *rule.Rule) error {
	state := r.State()
	text, err := encode(state)
	if err != nil {
		return err
	}
	events := r.PullEvents()
	err = s.db.write(ctx, func(t *tx) error {
		var n int
		if err := t.queryRow(ctx, `SELECT COUNT(*) FROM alert_rules WHERE partner = $1`, s.db.key(state.Partner)).Scan(&n); err != nil {
			return err
		}
		if n >= rule.MaxRules {
			return rule.ErrTooMany
		}
		t.append(events...)
		_, err := t.exec(ctx, `INSERT INTO alert_rules (partner, id, revision, enabled, metric, state) VALUES ($1, $2, $3, $4, $5, $6)`,
			s.db.key(state.Partner), s.db.key(state.ID), state.Revision, truth(state.Enabled), string(state.Condition.Metric), text)
		return err
	})
	if isUnique(err) {
		return rule.ErrExists
	}
	return err
}

// truth is how a truth is stored.
func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

const selectRules = "SELECT id, state FROM alert_rules"

func scanRule(row scanner) (*rule.Rule, error) {
	var id uuid.UUID
	var text string
	if err := row.Scan(&id, &text); err != nil {
		return nil, err
	}
	state, err := decode[rule.State]("alert rule", id, text)
	return rule.Restore(state), err
}

func (s Rules) find(ctx context.Context, q querier, which filter, lock string) (*rule.Rule, error) {
	r, err := scanRule(q.QueryRowContext(ctx, selectRules+which.where+lock, which.args...))
	return r, missing(err, rule.ErrNotFound)
}

// Get implements rule.Store.
func (s Rules) Get(ctx context.Context, partner, id uuid.UUID) (*rule.Rule, error) {
	r, err := s.find(ctx, s.db.reader, s.db.one(partner, "id", id), "")
	return r, s.db.translate(err)
}

// Update implements rule.Store.
func (s Rules) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*rule.Rule) error) (*rule.Rule, error) {
	return s.edit(ctx, partner, id, revision, change, func(t *tx, state rule.State) error {
		text, err := encode(state)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE alert_rules SET revision = $3, enabled = $4, metric = $5, state = $6 WHERE partner = $1 AND id = $2`,
			s.db.key(state.Partner), s.db.key(state.ID), state.Revision, truth(state.Enabled), string(state.Condition.Metric), text)
		return err
	})
}

// Remove implements rule.Store.
func (s Rules) Remove(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*rule.Rule) error) (*rule.Rule, error) {
	return s.edit(ctx, partner, id, revision, change, func(t *tx, state rule.State) error {
		_, err := t.exec(ctx, `DELETE FROM alert_rules WHERE partner = $1 AND id = $2`, s.db.key(state.Partner), s.db.key(state.ID))
		return err
	})
}

func (s Rules) edit(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*rule.Rule) error, save func(*tx, rule.State) error) (*rule.Rule, error) {
	return edit[*rule.Rule]{
		load: func(t *tx) (*rule.Rule, error) {
			return s.find(ctx, t, s.db.one(partner, "id", id), s.db.forUpdate)
		},
		revision: func(r *rule.Rule) int64 { return r.State().Revision },
		stale:    rule.ErrStale,
		save:     func(t *tx, r *rule.Rule) error { return save(t, r.State()) },
	}.run(ctx, s.db, revision, func(_ *tx, r *rule.Rule) error { return change(r) })
}

// List implements rule.Store. Which campaigns a rule names stands in its state;
// a partner has few rules, so those are read rather than indexed.
func (s Rules) List(ctx context.Context, partner uuid.UUID, q rule.Query) (items []*rule.Rule, next string, err error) {
	which := filter{db: s.db}
	which.of(partner)
	if q.Enabled != nil {
		which.add("enabled = ?", truth(*q.Enabled))
	}
	if q.Campaign != uuid.Nil {
		which.add("(state LIKE ? OR state LIKE ?)", `%"campaigns":[]%`, `%"`+q.Campaign.String()+`"%`)
	}
	if err := which.before(q.Cursor); err != nil {
		return nil, "", err
	}
	size := pageSize(q.Limit)
	rows, err := s.db.reader.QueryContext(ctx, selectRules+which.where+` ORDER BY id DESC`+limited(size+1), which.args...)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	if items, err = collect(rows, scanRule); err != nil {
		return nil, "", s.db.translate(err)
	}
	items, next = cut(items, size, func(r *rule.Rule) uuid.UUID { return r.State().ID })
	return items, next, nil
}

// Watched implements rule.Standings.
func (s Rules) Watched(ctx context.Context, metrics []rule.Metric) ([]uuid.UUID, error) {
	which := filter{db: s.db}
	which.add("enabled = 1")
	in(&which, "metric", metrics)
	rows, err := s.db.reader.QueryContext(ctx, `SELECT DISTINCT partner FROM alert_rules`+which.where+` ORDER BY partner`, which.args...)
	if err != nil {
		return nil, s.db.translate(err)
	}
	found, err := collect(rows, func(row scanner) (id uuid.UUID, err error) { err = row.Scan(&id); return id, err })
	return found, s.db.translate(err)
}
