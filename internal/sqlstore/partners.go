package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
)

// Partners implements partners.Store.
type Partners struct{ db *DB }

// Partners returns the store of partners.
func (db *DB) Partners() Partners { return Partners{db} }

// Insert implements partners.Store.
func (p Partners) Insert(ctx context.Context, partner *partners.Partner) error {
	s := partner.State()
	state, err := json.Marshal(s)
	if err != nil {
		return err
	}
	events := partner.PullEvents()
	return p.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO partners (id, revision, state) VALUES ($1, $2, $3)`, t.db.key(s.ID), s.Revision, string(state))
		if isUnique(err) {
			return partners.ErrExists
		}
		t.append(events...)
		return err
	})
}

// Get implements partners.Store.
func (p Partners) Get(ctx context.Context, id uuid.UUID) (*partners.Partner, error) {
	partner, err := scanPartner(p.db.reader.QueryRowContext(ctx, `SELECT state FROM partners WHERE id = $1`, p.db.key(id)))
	return partner, p.db.translate(err)
}

type scanner interface{ Scan(...any) error }

func scanPartner(row scanner) (*partners.Partner, error) {
	var text string
	if err := row.Scan(&text); err != nil {
		return nil, missing(err, partners.ErrNotFound)
	}
	var s partners.State
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, err
	}
	return partners.Restore(s), nil
}

// List implements partners.Store. Ids are time-ordered, so their order is that
// of creation.
func (p Partners) List(ctx context.Context, page partners.Page) ([]*partners.Partner, string, error) {
	after, err := parseCursor(page.Cursor)
	if err != nil {
		return nil, "", err
	}
	limit := pageSize(page.Limit)
	rows, err := p.db.reader.QueryContext(ctx, `SELECT state FROM partners WHERE id > $1 ORDER BY id LIMIT $2`, p.db.key(after), limit+1)
	if err != nil {
		return nil, "", p.db.translate(err)
	}
	items, err := collect(rows, func(r *sql.Rows) (*partners.Partner, error) { return scanPartner(r) })
	if err != nil {
		return nil, "", p.db.translate(err)
	}
	items, next := cut(items, limit, func(x *partners.Partner) uuid.UUID { return x.State().ID })
	return items, next, nil
}

// Update implements partners.Store.
func (p Partners) Update(ctx context.Context, id uuid.UUID, revision int64, change func(*partners.Partner) error) (*partners.Partner, error) {
	var partner *partners.Partner
	err := p.db.write(ctx, func(t *tx) error {
		var err error
		partner, err = scanPartner(t.queryRow(ctx, `SELECT state FROM partners WHERE id = $1`+t.db.forUpdate, t.db.key(id)))
		if err != nil {
			return err
		}
		before := partner.State().Revision
		if revision != 0 && revision != before {
			return partners.ErrStale
		}
		if err := change(partner); err != nil {
			return err
		}
		s := partner.State()
		if s.Revision == before {
			return nil
		}
		state, err := json.Marshal(s)
		if err != nil {
			return err
		}
		t.append(partner.PullEvents()...)
		_, err = t.exec(ctx, `UPDATE partners SET revision = $2, state = $3 WHERE id = $1`, t.db.key(id), s.Revision, string(state))
		return err
	})
	if err != nil {
		return nil, err
	}
	return partner, nil
}
