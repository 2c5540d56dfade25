package sqlstore

import (
	"context"

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
	state, err := encode(s)
	if err != nil {
		return err
	}
	events := partner.PullEvents()
	return p.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO partners (id, revision, state) VALUES ($1, $2, $3)`, t.db.key(s.ID), s.Revision, state)
		if isUnique(err) {
			return partners.ErrExists
		}
		t.append(events...)
		return err
	})
}

// Get implements partners.Store.
func (p Partners) Get(ctx context.Context, id uuid.UUID) (*partners.Partner, error) {
	partner, err := p.find(ctx, p.db.reader, id, "")
	return partner, p.db.translate(err)
}

func (p Partners) find(ctx context.Context, q querier, id uuid.UUID, lock string) (*partners.Partner, error) {
	return scanPartner(q.QueryRowContext(ctx, `SELECT id, state FROM partners WHERE id = $1`+lock, p.db.key(id)))
}

func scanPartner(row scanner) (*partners.Partner, error) {
	var id uuid.UUID
	var text string
	if err := row.Scan(&id, &text); err != nil {
		return nil, missing(err, partners.ErrNotFound)
	}
	s, err := decode[partners.State]("partner", id, text)
	return partners.Restore(s), err
}

// List implements partners.Store. Ids are time-ordered, so their order is that
// of creation.
func (p Partners) List(ctx context.Context, page partners.Page) ([]*partners.Partner, string, error) {
	after, err := parseCursor(page.Cursor)
	if err != nil {
		return nil, "", err
	}
	limit := pageSize(page.Limit)
	rows, err := p.db.reader.QueryContext(ctx, `SELECT id, state FROM partners WHERE id > $1 ORDER BY id LIMIT $2`, p.db.key(after), limit+1)
	if err != nil {
		return nil, "", p.db.translate(err)
	}
	items, err := collect(rows, scanPartner)
	if err != nil {
		return nil, "", p.db.translate(err)
	}
	items, next := cut(items, limit, func(x *partners.Partner) uuid.UUID { return x.State().ID })
	return items, next, nil
}

// Update implements partners.Store.
func (p Partners) Update(ctx context.Context, id uuid.UUID, revision int64, change func(*partners.Partner) error) (*partners.Partner, error) {
	return edit[*partners.Partner]{
		load:     func(t *tx) (*partners.Partner, error) { return p.find(ctx, t, id, p.db.forUpdate) },
		revision: func(partner *partners.Partner) int64 { return partner.State().Revision },
		stale:    partners.ErrStale,
		save:     func(t *tx, partner *partners.Partner) error { return savePartner(ctx, t, partner.State()) },
	}.run(ctx, p.db, revision, func(_ *tx, partner *partners.Partner) error { return change(partner) })
}

func savePartner(ctx context.Context, t *tx, s partners.State) error {
	state, err := encode(s)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE partners SET revision = $2, state = $3 WHERE id = $1`, t.db.key(s.ID), s.Revision, state)
	return err
}
