package sqlstore

import (
	"context"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/segment"
)

// Segments implements segment.Store.
type Segments struct{ db *DB }

// Segments returns the store of segments.
func (db *DB) Segments() Segments { return Segments{db} }

const selectSegments = "SELECT id, state FROM segments"

func scanSegment(row scanner) (*segment.Segment, error) {
	var id uuid.UUID
	var text string
	if err := row.Scan(&id, &text); err != nil {
		return nil, missing(err, segment.ErrNotFound)
	}
	state, err := decode[segment.State]("segment", id, text)
	return segment.Restore(state), err
}

// Insert implements segment.Store. What it has not been evaluated on is older
// than every version.
func (s Segments) Insert(ctx context.Context, made *segment.Segment) error {
	state := made.State()
	text, err := encode(state)
	if err != nil {
		return err
	}
	events := made.PullEvents()
	return s.db.write(ctx, func(t *tx) error {
		t.append(events...)
		_, err := t.exec(ctx, `INSERT INTO segments (partner, id, revision, state, version, day) VALUES ($1, $2, $3, $4, -1, -1)`,
			s.db.key(state.Partner), s.db.key(state.ID), state.Revision, text)
		return err
	})
}

// Get implements segment.Store.
func (s Segments) Get(ctx context.Context, partner, id uuid.UUID) (*segment.Segment, segment.Match, error) {
	var stored []byte
	var m segment.Match
	which := s.db.one(partner, "id", id)
	found, err := scanSegment(s.db.reader.QueryRowContext(ctx, selectSegments+which.where, which.args...))
	if err == nil {
		err = s.db.reader.QueryRowContext(ctx, `SELECT matched, version, day FROM segments`+which.where, which.args...).Scan(&stored, &m.Version, &m.Day)
		err = missing(err, segment.ErrNotFound)
	}
	if err == nil && stored != nil {
		m.People, err = readBitmap(stored)
	}
	return found, m, s.db.translate(err)
}

func (s Segments) edit(ctx context.Context, partner, id uuid.UUID, save func(*tx, *segment.Segment) error) edit[*segment.Segment] {
	which := s.db.one(partner, "id", id)
	return edit[*segment.Segment]{
		load: func(t *tx) (*segment.Segment, error) {
			return scanSegment(t.QueryRowContext(ctx, selectSegments+which.where+s.db.forUpdate, which.args...))
		},
		revision: func(found *segment.Segment) int64 { return found.State().Revision },
		stale:    segment.ErrStale,
		quiet:    true,
		save:     save,
	}
}

// Update implements segment.Store.
func (s Segments) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*segment.Segment) (*segment.Match, error)) (*segment.Segment, error) {
	var keep *segment.Match
	save := func(t *tx, changed *segment.Segment) error {
		state := changed.State()
		text, err := encode(state)
		if err != nil {
			return err
		}
		if _, err = t.exec(ctx, `UPDATE segments SET revision = $3, state = $4 WHERE partner = $1 AND id = $2`,
			s.db.key(state.Partner), s.db.key(state.ID), state.Revision, text); err != nil || keep == nil {
			return err
		}
		return s.keep(ctx, t, state, *keep)
	}
	return s.edit(ctx, partner, id, save).run(ctx, s.db, revision, func(_ *tx, found *segment.Segment) (err error) {
		keep, err = change(found)
		return err
	})
}

// keep stores what matched; nothing, when the rule has to be evaluated anew.
func (s Segments) keep(ctx context.Context, t *tx, state segment.State, m segment.Match) error {
	var body []byte
	if m.People == nil {
		m.Version, m.Day = -1, -1
	} else {
		m.People.RunOptimize()
		var err error
		if body, err = m.People.ToBytes(); err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, `UPDATE segments SET matched = $3, version = $4, day = $5 WHERE partner = $1 AND id = $2`,
		s.db.key(state.Partner), s.db.key(state.ID), body, m.Version, int64(m.Day))
	return err
}

// Delete implements segment.Store.
func (s Segments) Delete(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*segment.Segment)) error {
	remove := func(t *tx, gone *segment.Segment) error {
		state := gone.State()
		_, err := t.exec(ctx, `DELETE FROM segments WHERE partner = $1 AND id = $2`, s.db.key(state.Partner), s.db.key(state.ID))
		return err
	}
	_, err := s.edit(ctx, partner, id, remove).run(ctx, s.db, revision, func(_ *tx, found *segment.Segment) error { change(found); return nil })
	return err
}

// List implements segment.Store.
func (s Segments) List(ctx context.Context, partner uuid.UUID, limit int, cursor string) ([]*segment.Segment, string, error) {
	f, size := filter{db: s.db}, pageSize(limit)
	f.of(partner)
	if err := f.before(cursor); err != nil {
		return nil, "", err
	}
	rows, err := s.db.reader.QueryContext(ctx, selectSegments+f.where+` ORDER BY id DESC`+limited(size+1), f.args...)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	found, err := collect(rows, scanSegment)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	found, next := cut(found, size, func(item *segment.Segment) uuid.UUID { return item.State().ID })
	return found, next, nil
}

// Due implements segment.Store.
func (s Segments) Due(ctx context.Context, today int32, limit int) ([]*segment.Segment, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT s.id, s.state FROM segments s JOIN people p ON p.partner = s.partner
		WHERE s.version < p.version OR s.day < $1 ORDER BY s.day, s.version`+limited(limit), int64(today))
	if err != nil {
		return nil, s.db.translate(err)
	}
	found, err := collect(rows, scanSegment)
	return found, s.db.translate(err)
}
