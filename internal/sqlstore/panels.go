package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/panel"
)

// Panels implements panel.Store and panel.Blocks.
type Panels struct{ db *DB }

// Panels returns the store of files of people.
func (db *DB) Panels() Panels { return Panels{db} }

const selectPanels = "SELECT id, state FROM panels"

func scanPanel(row scanner) (*panel.Panel, error) {
	var id uuid.UUID
	var text string
	if err := row.Scan(&id, &text); err != nil {
		return nil, missing(err, panel.ErrNotFound)
	}
	state, err := decode[panel.State]("panel", id, text)
	return panel.Restore(state), err
}

func (s Panels) row(p *panel.Panel) ([]any, error) {
	state := p.State()
	text, err := encode(state)
	return []any{s.db.key(state.Partner), s.db.key(state.ID), state.Revision, string(state.Status), micros(state.UpdatedAt), text}, err
}

// Insert implements panel.Store. Two that insert at once wait for each other at
// the partner's row, so that both count what is there.
func (s Panels) Insert(ctx context.Context, p *panel.Panel) (ready *panel.Panel, err error) {
	row, err := s.row(p)
	if err != nil {
		return nil, err
	}
	events := p.PullEvents()
	err = s.db.write(ctx, func(t *tx) error {
		ready = nil
		var revision, count int64
		if err := t.queryRow(ctx, `SELECT revision FROM partners WHERE id = $1`+t.db.forUpdate, row[0]).Scan(&revision); err != nil {
			return missing(err, panel.ErrNotFound)
		}
		old, err := scanPanel(t.queryRow(ctx, selectPanels+` WHERE partner = $1 AND id = $2`+t.db.forUpdate, row[0], row[1]))
		switch {
		case err == nil && old.State().Status == panel.Ready:
			ready = old
			return nil
		case err == nil:
			if err := s.erase(ctx, t, row[0], row[1]); err != nil {
				return err
			}
		case !errors.Is(err, panel.ErrNotFound):
			return err
		}
		if err := t.queryRow(ctx, `SELECT count(*) FROM panels WHERE partner = $1`, row[0]).Scan(&count); err != nil {
			return err
		}
		if count >= panel.MaxPanels {
			return panel.ErrTooMany
		}
		_, err = t.exec(ctx, `INSERT INTO panels (partner, id, revision, status, updated_at, state) VALUES ($1, $2, $3, $4, $5, $6)`, row...)
		t.append(events...)
		return err
	})
	return ready, err
}

// erase forgets a panel with its rows.
func (s Panels) erase(ctx context.Context, t *tx, partner, id any) error {
	if _, err := t.exec(ctx, `DELETE FROM panel_blocks WHERE partner = $1 AND panel = $2`, partner, id); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM panels WHERE partner = $1 AND id = $2`, partner, id)
	return err
}

// Get implements panel.Store.
func (s Panels) Get(ctx context.Context, partner, id uuid.UUID) (*panel.Panel, error) {
	p, err := s.find(ctx, s.db.reader, partner, id, "")
	return p, s.db.translate(err)
}

func (s Panels) find(ctx context.Context, q querier, partner, id uuid.UUID, lock string) (*panel.Panel, error) {
	which := s.db.one(partner, "id", id)
	return scanPanel(q.QueryRowContext(ctx, selectPanels+which.where+lock, which.args...))
}

// Update implements panel.Store.
func (s Panels) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*panel.Panel) error) (*panel.Panel, error) {
	return s.edit(ctx, partner, id, s.save).run(ctx, s.db, revision, func(_ *tx, p *panel.Panel) error { return change(p) })
}

func (s Panels) edit(ctx context.Context, partner, id uuid.UUID, save func(context.Context, *tx, *panel.Panel) error) edit[*panel.Panel] {
	return edit[*panel.Panel]{
		load:     func(t *tx) (*panel.Panel, error) { return s.find(ctx, t, partner, id, s.db.forUpdate) },
		revision: func(p *panel.Panel) int64 { return p.State().Revision },
		stale:    panel.ErrStale,
		save:     func(t *tx, p *panel.Panel) error { return save(ctx, t, p) },
	}
}

const updatePanel = `UPDATE panels SET revision = $3, status = $4, updated_at = $5, state = $6 WHERE partner = $1 AND id = $2`

func (s Panels) save(ctx context.Context, t *tx, p *panel.Panel) error {
	row, err := s.row(p)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, updatePanel, row...)
	return err
}

// Delete implements panel.Store.
func (s Panels) Delete(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*panel.Panel)) error {
	_, err := s.edit(ctx, partner, id, s.remove).run(ctx, s.db, revision, func(_ *tx, p *panel.Panel) error { change(p); return nil })
	return err
}

func (s Panels) remove(ctx context.Context, t *tx, p *panel.Panel) error {
	return s.erase(ctx, t, s.db.key(p.State().Partner), s.db.key(p.State().ID))
}

// List implements panel.Store.
func (s Panels) List(ctx context.Context, partner uuid.UUID, limit int, cursor string) (items []*panel.Panel, next string, err error) {
	f, size := filter{db: s.db}, pageSize(limit)
	f.of(partner)
	if err := f.before(cursor); err != nil {
		return nil, "", err
	}
	if items, err = s.all(ctx, f, ` ORDER BY id DESC`+limited(size+1)); err != nil {
		return nil, "", err
	}
	items, next = cut(items, size, func(p *panel.Panel) uuid.UUID { return p.State().ID })
	return items, next, nil
}

// Abandoned implements panel.Store.
func (s Panels) Abandoned(ctx context.Context, before time.Time) ([]*panel.Panel, error) {
	f := filter{db: s.db}
	f.add("status = 'loading' AND updated_at < ?", micros(before))
	return s.all(ctx, f, limited(maxPage))
}

func (s Panels) all(ctx context.Context, f filter, end string) ([]*panel.Panel, error) {
	rows, err := s.db.reader.QueryContext(ctx, selectPanels+f.where+end, f.args...)
	if err != nil {
		return nil, s.db.translate(err)
	}
	items, err := collect(rows, scanPanel)
	return items, s.db.translate(err)
}

// Append implements panel.Blocks.
func (s Panels) Append(ctx context.Context, p *panel.Panel, seq int, body []byte) error {
	row, err := s.row(p)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(t *tx) error {
		result, err := t.exec(ctx, updatePanel+` AND status = 'loading'`, row...)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return panel.ErrNotFound
		}
		_, err = t.exec(ctx, `INSERT INTO panel_blocks (partner, panel, seq, body) VALUES ($1, $2, $3, $4)`, row[0], row[1], seq, body)
		return err
	})
}

// Read implements panel.Blocks. All are of one snapshot, so that none is missed
// when the panel is deleted meanwhile.
func (s Panels) Read(ctx context.Context, partner, id uuid.UUID, take func(body []byte) error) error {
	return s.db.read(ctx, func(t *sql.Tx) error {
		rows, err := t.QueryContext(ctx, `SELECT body FROM panel_blocks WHERE partner = $1 AND panel = $2 ORDER BY seq`, s.db.key(partner), s.db.key(id))
		if err != nil {
			return err
		}
		return eachRow(rows, func(rows *sql.Rows) error {
			var body []byte
			if err := rows.Scan(&body); err != nil {
				return err
			}
			return take(body)
		})
	})
}

// Drop implements panel.Blocks.
func (s Panels) Drop(ctx context.Context, partner, id uuid.UUID) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM panel_blocks WHERE partner = $1 AND panel = $2`, s.db.key(partner), s.db.key(id))
		return err
	})
}
