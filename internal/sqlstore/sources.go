package sqlstore

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// Sources implements performance.SourceStore.
type Sources struct{ db *DB }

// Sources returns the store of what partners declare of their sources.
func (db *DB) Sources() Sources { return Sources{db} }

// Sources implements performance.SourceStore.
func (s Sources) Sources(ctx context.Context, partner uuid.UUID) ([]*performance.Source, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT partner, state FROM metric_sources WHERE partner = $1 ORDER BY source`, s.db.key(partner))
	if err != nil {
		return nil, s.db.translate(err)
	}
	all, err := collect(rows, scanSource)
	return all, s.db.translate(err)
}

func scanSource(row scanner) (*performance.Source, error) {
	var partner uuid.UUID
	var text string
	if err := row.Scan(&partner, &text); err != nil {
		return nil, missing(err, performance.ErrSourceNotFound)
	}
	state, err := decode[performance.SourceState]("source", partner, text)
	return performance.RestoreSource(state), err
}

// UpdateSource implements performance.SourceStore. When two declare a new source
// at once, one inserts it and the other runs again and finds it.
func (s Sources) UpdateSource(ctx context.Context, partner uuid.UUID, name string, revision int64, change func(*performance.Source) error) (*performance.Source, error) {
	edit := edit[*performance.Source]{
		load:     func(t *tx) (*performance.Source, error) { return s.find(ctx, t, partner, name) },
		revision: func(source *performance.Source) int64 { return source.State().Revision },
		stale:    performance.ErrSourceStale,
		save:     func(t *tx, source *performance.Source) error { return s.save(ctx, t, source.State()) },
	}
	for {
		source, err := edit.run(ctx, s.db, revision, func(_ *tx, source *performance.Source) error { return change(source) })
		if !isUnique(err) || ctx.Err() != nil {
			return source, err
		}
	}
}

// find locks the source; one that is not there is new.
func (s Sources) find(ctx context.Context, t *tx, partner uuid.UUID, name string) (*performance.Source, error) {
	source, err := scanSource(t.QueryRowContext(ctx,
		`SELECT partner, state FROM metric_sources WHERE partner = $1 AND source = $2`+s.db.forUpdate, s.db.key(partner), name))
	if errors.Is(err, performance.ErrSourceNotFound) {
		return performance.NewSource(partner, name), nil
	}
	return source, err
}

func (s Sources) save(ctx context.Context, t *tx, state performance.SourceState) error {
	text, err := encode(state)
	if err != nil {
		return err
	}
	query := `UPDATE metric_sources SET revision = $3, state = $4 WHERE partner = $1 AND source = $2`
	if state.Revision == 1 {
		query = `INSERT INTO metric_sources (partner, source, revision, state) VALUES ($1, $2, $3, $4)`
	}
	_, err = t.exec(ctx, query, s.db.key(state.Partner), state.Name, state.Revision, text)
	return err
}
