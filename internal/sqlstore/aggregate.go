package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// querier is where reading statements run: the read pool, a snapshot or a
// write transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// aggregate is what records events besides its state.
type aggregate interface{ PullEvents() []event.Event }

// edit is how one aggregate is changed: found and locked, held against the
// revision that the caller has seen, changed, and saved with its events.
type edit[A aggregate] struct {
	load     func(*tx) (A, error)
	revision func(A) int64
	stale    error
	// quiet aggregates change without a new revision, as a budget that settles
	// spend: they are always saved.
	quiet bool
	save  func(*tx, A) error
}

// run changes the aggregate in a transaction of its own. change runs again,
// on the aggregate as it then is, when the engine ended the transaction.
func (e edit[A]) run(ctx context.Context, db *DB, revision int64, change func(*tx, A) error) (changed A, err error) {
	err = db.write(ctx, func(t *tx) error {
		a, err := e.load(t)
		if err != nil {
			return err
		}
		before := e.revision(a)
		if revision != 0 && revision != before {
			return e.stale
		}
		if err := change(t, a); err != nil {
			return err
		}
		changed = a
		events := a.PullEvents()
		if !e.quiet && len(events) == 0 && e.revision(a) == before {
			return nil
		}
		t.append(events...)
		return e.save(t, a)
	})
	if err != nil {
		var none A
		return none, err
	}
	return changed, nil
}

// encode is a state as it is stored.
func encode(state any) (string, error) {
	text, err := json.Marshal(state)
	return string(text), err
}

// decode reads a stored state. Fields that this version does not know are left
// out, and fields that an older version did not write are zero.
func decode[S any](what string, id uuid.UUID, text string) (S, error) {
	var state S
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		return state, fmt.Errorf("stored %s %s: %w", what, id, err)
	}
	return state, nil
}
