package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/study"
)

// Studies implements study.Store and study.Queue.
type Studies struct{ db *DB }

// Studies returns the store of studies.
func (db *DB) Studies() Studies { return Studies{db} }

const selectStudies = "SELECT id, state FROM studies"

func scanStudy(row scanner) (study.State, error) {
	var id uuid.UUID
	var text string
	if err := row.Scan(&id, &text); err != nil {
		return study.State{}, missing(err, study.ErrNotFound)
	}
	return decode[study.State]("study", id, text)
}

// Insert implements study.Store.
func (s Studies) Insert(ctx context.Context, st study.State) error {
	state, err := encode(st)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO studies (partner, id, kind, status, attempt, claimed_until, state) VALUES ($1, $2, $3, $4, 0, 0, $5)
			ON CONFLICT (partner, id) DO NOTHING`, s.db.key(st.Partner), s.db.key(st.ID), string(st.Kind), string(st.Status), state)
		return err
	})
}

// Get implements study.Store.
func (s Studies) Get(ctx context.Context, partner, id uuid.UUID) (study.State, error) {
	which := s.db.one(partner, "id", id)
	found, err := scanStudy(s.db.reader.QueryRowContext(ctx, selectStudies+which.where, which.args...))
	return found, s.db.translate(err)
}

// List implements study.Store.
func (s Studies) List(ctx context.Context, partner uuid.UUID, kind study.Kind, limit int, cursor string) ([]study.State, string, error) {
	f, size := filter{db: s.db}, pageSize(limit)
	f.of(partner)
	f.add("kind = ?", string(kind))
	if err := f.before(cursor); err != nil {
		return nil, "", err
	}
	rows, err := s.db.reader.QueryContext(ctx, selectStudies+f.where+` ORDER BY id DESC`+limited(size+1), f.args...)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	found, err := collect(rows, scanStudy)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	found, next := cut(found, size, func(st study.State) uuid.UUID { return st.ID })
	return found, next, nil
}

// Delete implements study.Store. A worker that is at it finds its claim lost.
func (s Studies) Delete(ctx context.Context, partner, id uuid.UUID) error {
	return s.db.write(ctx, func(t *tx) error {
		which := s.db.one(partner, "id", id)
		result, err := t.exec(ctx, "DELETE FROM studies"+which.where, which.args...)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return study.ErrNotFound
	})
}

// Claim implements study.Queue. Two workers that look at once meet at the row's
// lock, and the second finds it claimed.
func (s Studies) Claim(ctx context.Context, now, until time.Time) (claimed study.State, ok bool, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		ok = false
		st, err := scanStudy(t.queryRow(ctx, selectStudies+` WHERE status IN ('queued', 'running') AND claimed_until < $1
			ORDER BY id LIMIT 1`+s.db.forUpdate, micros(now)))
		if errors.Is(err, study.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		st.Status, st.Attempt = study.Running, st.Attempt+1
		claimed, ok = st, true
		return s.save(ctx, t, st, until)
	})
	return claimed, ok && err == nil, err
}

// Renew implements study.Queue.
func (s Studies) Renew(ctx context.Context, st study.State, until time.Time) error {
	return s.mine(ctx, st, until)
}

// Finish implements study.Queue.
func (s Studies) Finish(ctx context.Context, st study.State) error {
	return s.mine(ctx, st, time.Time{})
}

// mine saves a study that is still at this attempt; ErrLost otherwise.
func (s Studies) mine(ctx context.Context, st study.State, until time.Time) error {
	return s.db.write(ctx, func(t *tx) error {
		var attempt int64
		err := t.queryRow(ctx, `SELECT attempt FROM studies WHERE partner = $1 AND id = $2 AND status = 'running'`+s.db.forUpdate,
			s.db.key(st.Partner), s.db.key(st.ID)).Scan(&attempt)
		if errors.Is(err, sql.ErrNoRows) || err == nil && attempt != st.Attempt {
			return study.ErrLost
		}
		if err != nil {
			return err
		}
		return s.save(ctx, t, st, until)
	})
}

func (s Studies) save(ctx context.Context, t *tx, st study.State, until time.Time) error {
	state, err := encode(st)
	if err != nil {
		return err
	}
	claimed := int64(0)
	if !until.IsZero() {
		claimed = micros(until)
	}
	_, err = t.exec(ctx, `UPDATE studies SET status = $3, attempt = $4, claimed_until = $5, state = $6 WHERE partner = $1 AND id = $2`,
		s.db.key(st.Partner), s.db.key(st.ID), string(st.Status), st.Attempt, claimed, state)
	return err
}
