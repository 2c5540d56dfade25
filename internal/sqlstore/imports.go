package sqlstore

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
)

// ErrImportNotFound says that the partner has no such import.
var ErrImportNotFound = fault.New(fault.NotFound, "import_not_found",
	"There is no such import.", "Check the id; it is in the answer that the upload gave.")

// Import is what is kept of one import of an export file. Its state is the
// importer's own and not read here.
type Import struct {
	ID        uuid.UUID
	CreatedAt time.Time
	State     json.RawMessage
}

// Imports keeps imports.
type Imports struct{ db *DB }

// Imports returns the store of imports.
func (db *DB) Imports() Imports { return Imports{db} }

// Put stores an import, or replaces the state of the partner's one of that id.
func (s Imports) Put(ctx context.Context, partner uuid.UUID, i Import) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO imports (partner, id, created_at, state) VALUES ($1, $2, $3, $4)
			ON CONFLICT (partner, id) DO UPDATE SET state = excluded.state`,
			s.db.key(partner), s.db.key(i.ID), micros(i.CreatedAt), string(i.State))
		return err
	})
}

const selectImports = "SELECT id, created_at, state FROM imports"

// Get is an import of a partner, or ErrImportNotFound, also for another's.
func (s Imports) Get(ctx context.Context, partner, id uuid.UUID) (Import, error) {
	i, err := scanImport(s.db.reader.QueryRowContext(ctx, selectImports+` WHERE partner = $1 AND id = $2`, s.db.key(partner), s.db.key(id)))
	return i, s.db.translate(missing(err, ErrImportNotFound))
}

// List is a page of a partner's imports, the newest first.
func (s Imports) List(ctx context.Context, partner uuid.UUID, limit int, cursor string) (items []Import, next string, err error) {
	f, size := filter{db: s.db}, pageSize(limit)
	f.add("partner = ?", s.db.key(partner))
	if err := f.before(cursor); err != nil {
		return nil, "", err
	}
	rows, err := s.db.reader.QueryContext(ctx, selectImports+f.where+` ORDER BY id DESC`+limited(size+1), f.args...)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	if items, err = collect(rows, scanImport); err != nil {
		return nil, "", s.db.translate(err)
	}
	items, next = cut(items, size, func(i Import) uuid.UUID { return i.ID })
	return items, next, nil
}

func scanImport(row scanner) (Import, error) {
	var i Import
	var created int64
	var state string
	err := row.Scan(&i.ID, &created, &state)
	i.CreatedAt, i.State = moment(created), json.RawMessage(state)
	return i, err
}
