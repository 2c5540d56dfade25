package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/reach"
)

// Reach implements reach.FactorStore and reach.Record.
type Reach struct{ db *DB }

// Reach returns the store of partners' own shares and of past estimates.
func (db *DB) Reach() Reach { return Reach{db} }

// Factors implements reach.FactorStore.
func (s Reach) Factors(ctx context.Context, partner uuid.UUID) (*reach.Factors, error) {
	f, err := s.factors(ctx, s.db.reader, partner, "")
	return f, s.db.translate(err)
}

func (s Reach) factors(ctx context.Context, q querier, partner uuid.UUID, lock string) (*reach.Factors, error) {
	var text string
	err := q.QueryRowContext(ctx, `SELECT state FROM reach_factors WHERE partner = $1`+lock, s.db.key(partner)).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return reach.NoFactors(partner), nil
	}
	if err != nil {
		return nil, err
	}
	state, err := decode[reach.FactorsState]("reach factors", partner, text)
	return reach.RestoreFactors(state), err
}

// UpdateFactors implements reach.FactorStore. Two that set the first ones wait
// for each other at the partner's row.
func (s Reach) UpdateFactors(ctx context.Context, partner uuid.UUID, revision int64, change func(*reach.Factors) error) (*reach.Factors, error) {
	e := edit[*reach.Factors]{
		load: func(t *tx) (*reach.Factors, error) {
			var id int64
			if err := t.queryRow(ctx, `SELECT revision FROM partners WHERE id = $1`+t.db.forUpdate, s.db.key(partner)).Scan(&id); err != nil {
				return nil, err
			}
			return s.factors(ctx, t, partner, s.db.forUpdate)
		},
		revision: func(f *reach.Factors) int64 { return f.State().Revision },
		stale:    reach.ErrStale,
		save: func(t *tx, f *reach.Factors) error {
			text, err := encode(f.State())
			if err != nil {
				return err
			}
			_, err = t.exec(ctx, `INSERT INTO reach_factors (partner, revision, state) VALUES ($1, $2, $3)
				ON CONFLICT (partner) DO UPDATE SET revision = excluded.revision, state = excluded.state`,
				s.db.key(partner), f.State().Revision, text)
			return err
		},
	}
	return e.run(ctx, s.db, revision, func(_ *tx, f *reach.Factors) error { return change(f) })
}

// Save implements reach.Record.
func (s Reach) Save(ctx context.Context, e reach.Stored) error {
	text, err := encode(e)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO reach_estimates (partner, campaign, at, state) VALUES ($1, $2, $3, $4)
			ON CONFLICT (partner, campaign, at) DO NOTHING`, s.db.key(e.Partner), s.db.key(e.Campaign), micros(e.At), text)
		return err
	})
}

// Latest implements reach.Record.
func (s Reach) Latest(ctx context.Context, partner uuid.UUID, limit int) ([]reach.Stored, error) {
	return s.estimates(ctx, partner, `SELECT campaign, state FROM reach_estimates e WHERE partner = $1
		AND at = (SELECT max(at) FROM reach_estimates l WHERE l.partner = e.partner AND l.campaign = e.campaign)
		ORDER BY at DESC, campaign`+limited(limit), s.db.key(partner))
}

// Of implements reach.Record.
func (s Reach) Of(ctx context.Context, partner, campaign uuid.UUID) ([]reach.Stored, error) {
	return s.estimates(ctx, partner, `SELECT campaign, state FROM reach_estimates WHERE partner = $1 AND campaign = $2 ORDER BY at`,
		s.db.key(partner), s.db.key(campaign))
}

func (s Reach) estimates(ctx context.Context, partner uuid.UUID, query string, args ...any) ([]reach.Stored, error) {
	rows, err := s.db.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.db.translate(err)
	}
	found, err := collect(rows, func(row scanner) (reach.Stored, error) {
		var campaign uuid.UUID
		var text string
		if err := row.Scan(&campaign, &text); err != nil {
			return reach.Stored{}, err
		}
		stored, err := decode[reach.Stored]("reach estimate of campaign", campaign, text)
		stored.Partner = partner
		return stored, err
	})
	return found, s.db.translate(err)
}

// Partners implements reach.Record.
func (s Reach) Partners(ctx context.Context) ([]uuid.UUID, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT DISTINCT partner FROM reach_estimates`)
	if err != nil {
		return nil, s.db.translate(err)
	}
	found, err := collect(rows, func(row scanner) (id uuid.UUID, err error) {
		err = row.Scan(&id)
		return id, err
	})
	return found, s.db.translate(err)
}

// Settle implements reach.Record.
func (s Reach) Settle(ctx context.Context, e reach.Stored) error {
	text, err := encode(e)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE reach_estimates SET state = $4 WHERE partner = $1 AND campaign = $2 AND at = $3`,
			s.db.key(e.Partner), s.db.key(e.Campaign), micros(e.At), text)
		return err
	})
}
