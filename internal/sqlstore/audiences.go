package sqlstore

import (
	"context"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/audience"
)

// Audiences implements audience.Store and, in audience_uploads.go,
// audience.Uploads.
type Audiences struct{ db *DB }

// Audiences returns the store of audiences and of uploads into them.
func (db *DB) Audiences() Audiences { return Audiences{db} }

const selectAudiences = "SELECT id, state FROM audiences"

func scanAudience(row scanner) (*audience.Audience, error) {
	var id uuid.UUID
	var text string
	if err := row.Scan(&id, &text); err != nil {
		return nil, missing(err, audience.ErrNotFound)
	}
	state, err := decode[audience.State]("audience", id, text)
	return audience.Restore(state), err
}

func (s Audiences) row(a *audience.Audience) ([]any, error) {
	state := a.State()
	text, err := encode(state)
	return []any{s.db.key(state.Partner), s.db.key(state.ID), state.Revision, string(state.Kind), string(state.Status), int64(state.MembershipDays), text}, err
}

// Insert implements audience.Store. Two that insert at once wait for each other
// at the partner's row, so that both count what is there.
func (s Audiences) Insert(ctx context.Context, a *audience.Audience) error {
	row, err := s.row(a)
	if err != nil {
		return err
	}
	events := a.PullEvents()
	return s.db.write(ctx, func(t *tx) error {
		var revision, count int64
		err := t.queryRow(ctx, `SELECT revision FROM partners WHERE id = $1`+t.db.forUpdate, row[0]).Scan(&revision)
		if err != nil {
			return missing(err, audience.ErrNotFound)
		}
		if err := t.queryRow(ctx, `SELECT count(*) FROM audiences WHERE partner = $1`, row[0]).Scan(&count); err != nil {
			return err
		}
		if count >= audience.MaxAudiences {
			return audience.ErrTooMany
		}
		_, err = t.exec(ctx, `INSERT INTO audiences (partner, id, revision, kind, status, life, state)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, row...)
		t.append(events...)
		return err
	})
}

// Get implements audience.Store.
func (s Audiences) Get(ctx context.Context, partner, id uuid.UUID) (*audience.Audience, error) {
	a, err := s.find(ctx, s.db.reader, partner, id, "")
	return a, s.db.translate(err)
}

func (s Audiences) find(ctx context.Context, q querier, partner, id uuid.UUID, lock string) (*audience.Audience, error) {
	which := s.db.one(partner, "id", id)
	return scanAudience(q.QueryRowContext(ctx, selectAudiences+which.where+lock, which.args...))
}

// Update implements audience.Store.
func (s Audiences) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*audience.Audience) error) (*audience.Audience, error) {
	return s.edit(ctx, partner, id, s.save).run(ctx, s.db, revision, func(_ *tx, a *audience.Audience) error { return change(a) })
}

func (s Audiences) edit(ctx context.Context, partner, id uuid.UUID, save func(context.Context, *tx, *audience.Audience) error) edit[*audience.Audience] {
	return edit[*audience.Audience]{
		load:     func(t *tx) (*audience.Audience, error) { return s.find(ctx, t, partner, id, s.db.forUpdate) },
		revision: func(a *audience.Audience) int64 { return a.State().Revision },
		stale:    audience.ErrStale,
		save:     func(t *tx, a *audience.Audience) error { return save(ctx, t, a) },
	}
}

func (s Audiences) save(ctx context.Context, t *tx, a *audience.Audience) error {
	row, err := s.row(a)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE audiences SET revision = $3, kind = $4, status = $5, life = $6, state = $7 WHERE partner = $1 AND id = $2`, row...)
	return err
}

// Delete implements audience.Store. The people stay until Expire has found that
// no other audience has them.
func (s Audiences) Delete(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*audience.Audience)) error {
	_, err := s.edit(ctx, partner, id, s.remove).run(ctx, s.db, revision, func(_ *tx, a *audience.Audience) error { change(a); return nil })
	return err
}

func (s Audiences) remove(ctx context.Context, t *tx, a *audience.Audience) error {
	state := a.State()
	partner, id := s.db.key(state.Partner), s.db.key(state.ID)
	for _, upload := range state.Pending {
		if err := s.dropParts(ctx, t, state.Partner, upload); err != nil {
			return err
		}
	}
	for _, statement := range []string{
		`DELETE FROM audience_uploads WHERE partner = $1 AND audience = $2`,
		`DELETE FROM audience_cohorts WHERE partner = $1 AND audience = $2`,
		`DELETE FROM audiences WHERE partner = $1 AND id = $2`,
	} {
		if _, err := t.exec(ctx, statement, partner, id); err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, `UPDATE people SET orphans = 1, version = version + 1 WHERE partner = $1`, partner)
	return err
}

// List implements audience.Store.
func (s Audiences) List(ctx context.Context, partner uuid.UUID, q audience.Query) ([]*audience.Audience, string, error) {
	f, size := filter{db: s.db}, pageSize(q.Limit)
	f.of(partner)
	in(&f, "kind", q.Kinds)
	in(&f, "status", q.Statuses)
	if err := f.before(q.Cursor); err != nil {
		return nil, "", err
	}
	rows, err := s.db.reader.QueryContext(ctx, selectAudiences+f.where+` ORDER BY id DESC`+limited(size+1), f.args...)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	found, err := collect(rows, scanAudience)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	found, next := cut(found, size, func(a *audience.Audience) uuid.UUID { return a.State().ID })
	return found, next, nil
}
