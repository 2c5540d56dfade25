package sqlstore

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// Alerts implements performance.AlertStore.
type Alerts struct{ db *DB }

// Alerts returns the store of alerts.
func (db *DB) Alerts() Alerts { return Alerts{db} }

// ChangeOpen implements performance.AlertStore. When two find no open alert of
// a matter, the unique index lets one of them raise it; the other runs again
// and finds it.
func (s Alerts) ChangeOpen(ctx context.Context, partner, campaign uuid.UUID, kind performance.AlertKind, subject string, change func(*performance.Alert) *performance.Alert) error {
	which := s.db.one(partner, "campaign", campaign)
	which.add("kind = ?", string(kind))
	which.add("subject = ?", subject)
	which.add("status <> ?", string(performance.Resolved))
	for {
		err := s.db.write(ctx, func(t *tx) error { return s.changeOpen(ctx, t, which, change) })
		if !isUnique(err) || ctx.Err() != nil {
			return err
		}
	}
}

func (s Alerts) changeOpen(ctx context.Context, t *tx, which filter, change func(*performance.Alert) *performance.Alert) error {
	open, err := s.find(ctx, t, which, s.db.forUpdate)
	if err != nil && !errors.Is(err, performance.ErrAlertNotFound) {
		return err
	}
	a := change(open)
	switch {
	case a == nil:
		return nil
	case open == nil:
		return s.insert(ctx, t, a)
	}
	t.append(a.PullEvents()...)
	return s.save(ctx, t, a)
}

// insert stores a new alert. One whose id is there was raised by the same event
// before, and has been resolved since: nothing is raised again.
func (s Alerts) insert(ctx context.Context, t *tx, a *performance.Alert) error {
	state := a.State()
	text, err := encode(state)
	if err != nil {
		return err
	}
	res, err := t.exec(ctx, `INSERT INTO alerts (partner, id, campaign, kind, subject, status, last_seq, revision, state, severity, rule)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (partner, id) DO NOTHING`,
		s.db.key(state.Partner), s.db.key(state.ID), s.db.key(state.Campaign), string(state.Kind), state.Subject,
		string(state.State), state.LastSeq, state.Revision, text, string(state.Severity), s.ruleKey(state.Rule))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	t.append(a.PullEvents()...)
	return nil
}

// ruleKey is the rule behind an alert, null for none.
func (s Alerts) ruleKey(id *uuid.UUID) any {
	if id == nil {
		return nil
	}
	return s.db.key(*id)
}

func (s Alerts) save(ctx context.Context, t *tx, a *performance.Alert) error {
	state := a.State()
	text, err := encode(state)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE alerts SET status = $3, last_seq = $4, revision = $5, state = $6, severity = $7 WHERE partner = $1 AND id = $2`,
		s.db.key(state.Partner), s.db.key(state.ID), string(state.State), state.LastSeq, state.Revision, text, string(state.Severity))
	return err
}

const selectAlerts = "SELECT id, last_seq, state FROM alerts"

func (s Alerts) find(ctx context.Context, q querier, which filter, lock string) (*performance.Alert, error) {
	a, err := scanAlert(q.QueryRowContext(ctx, selectAlerts+which.where+lock, which.args...))
	return a, missing(err, performance.ErrAlertNotFound)
}

func scanAlert(row scanner) (*performance.Alert, error) {
	var id uuid.UUID
	var lastSeq int64
	var text string
	if err := row.Scan(&id, &lastSeq, &text); err != nil {
		return nil, err
	}
	state, err := decode[performance.AlertRecord]("alert", id, text)
	state.LastSeq = lastSeq // not part of what is shown
	return performance.RestoreAlert(state), err
}

// Get implements performance.AlertStore.
func (s Alerts) Get(ctx context.Context, partner, id uuid.UUID) (*performance.Alert, error) {
	a, err := s.find(ctx, s.db.reader, s.db.one(partner, "id", id), "")
	return a, s.db.translate(err)
}

// Update implements performance.AlertStore.
func (s Alerts) Update(ctx context.Context, partner, id uuid.UUID, change func(*performance.Alert)) (*performance.Alert, error) {
	return edit[*performance.Alert]{
		load: func(t *tx) (*performance.Alert, error) {
			return s.find(ctx, t, s.db.one(partner, "id", id), s.db.forUpdate)
		},
		revision: func(a *performance.Alert) int64 { return a.State().Revision },
		save:     func(t *tx, a *performance.Alert) error { return s.save(ctx, t, a) },
	}.run(ctx, s.db, 0, func(_ *tx, a *performance.Alert) error { change(a); return nil })
}

// List implements performance.AlertStore.
func (s Alerts) List(ctx context.Context, partner uuid.UUID, q performance.AlertQuery) (items []*performance.Alert, next string, err error) {
	which, err := s.matching(partner, q)
	if err != nil {
		return nil, "", err
	}
	size := pageSize(q.Limit)
	rows, err := s.db.reader.QueryContext(ctx, selectAlerts+which.where+` ORDER BY id DESC`+limited(size+1), which.args...)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	if items, err = collect(rows, scanAlert); err != nil {
		return nil, "", s.db.translate(err)
	}
	items, next = cut(items, size, func(a *performance.Alert) uuid.UUID { return a.State().ID })
	return items, next, nil
}

func (s Alerts) matching(partner uuid.UUID, q performance.AlertQuery) (filter, error) {
	f := filter{db: s.db}
	f.of(partner)
	if q.Campaign != uuid.Nil {
		f.add("campaign = ?", s.db.key(q.Campaign))
	}
	if q.Rule != uuid.Nil {
		f.add("rule = ?", s.db.key(q.Rule))
	}
	in(&f, "status", q.States)
	in(&f, "kind", q.Kinds)
	in(&f, "severity", q.Severities)
	err := f.before(q.Cursor)
	return f, err
}
