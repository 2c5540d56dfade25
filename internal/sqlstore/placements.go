package sqlstore

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/platforms"
)

// Placements implements platforms.PlacementStore.
type Placements struct{ db *DB }

// Placements returns the store of campaigns on ad accounts.
func (db *DB) Placements() Placements { return Placements{db} }

const selectPlacements = "SELECT id, state FROM placements"

func scanPlacement(row scanner) (*platforms.Placement, error) {
	var id uuid.UUID
	var text string
	if err := row.Scan(&id, &text); err != nil {
		return nil, missing(err, platforms.ErrPlacementNotFound)
	}
	state, err := decode[platforms.PlacementState]("placement", id, text)
	return platforms.RestorePlacement(state), err
}

// row is a placement as its columns.
func (s Placements) row(p *platforms.Placement) ([]any, error) {
	state := p.State()
	text, err := encode(state)
	ended := int64(0)
	if state.Progress == platforms.IsEnded {
		ended = 1
	}
	return []any{
		s.db.key(state.Partner), s.db.key(state.ID), state.Revision, s.db.key(state.Campaign), s.db.key(state.Account), ended, orNull(state.DueAt), text,
	}, err
}

// Insert implements platforms.PlacementStore. It holds the account's row, so
// that the account is not disconnected meanwhile.
func (s Placements) Insert(ctx context.Context, p *platforms.Placement) error {
	row, err := s.row(p)
	if err != nil {
		return err
	}
	events := p.PullEvents()
	err = s.db.write(ctx, func(t *tx) error {
		var revision int64
		err := t.queryRow(ctx, `SELECT revision FROM ad_accounts WHERE partner = $1 AND id = $2`+t.db.forUpdate, row[0], row[4]).Scan(&revision)
		if err != nil {
			return missing(err, platforms.ErrAccountNotFound)
		}
		t.append(events...)
		_, err = t.exec(ctx, `INSERT INTO placements (partner, id, revision, campaign, account, ended, due_at, state)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, row...)
		return err
	})
	if isUnique(err) {
		return platforms.ErrPlaced
	}
	return err
}

// Get implements platforms.PlacementStore.
func (s Placements) Get(ctx context.Context, partner, id uuid.UUID) (*platforms.Placement, error) {
	p, err := s.find(ctx, s.db.reader, partner, id, "")
	return p, s.db.translate(err)
}

func (s Placements) find(ctx context.Context, q querier, partner, id uuid.UUID, lock string) (*platforms.Placement, error) {
	which := s.db.one(partner, "id", id)
	return scanPlacement(q.QueryRowContext(ctx, selectPlacements+which.where+lock, which.args...))
}

// Update implements platforms.PlacementStore. It is quiet: what a person would
// not notice is stored without a new revision.
func (s Placements) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*platforms.Placement) error) (*platforms.Placement, error) {
	return edit[*platforms.Placement]{
		load:     func(t *tx) (*platforms.Placement, error) { return s.find(ctx, t, partner, id, s.db.forUpdate) },
		revision: func(p *platforms.Placement) int64 { return p.State().Revision },
		stale:    platforms.ErrStale,
		quiet:    true,
		save:     func(t *tx, p *platforms.Placement) error { return s.save(ctx, t, p) },
	}.run(ctx, s.db, revision, func(_ *tx, p *platforms.Placement) error { return change(p) })
}

func (s Placements) save(ctx context.Context, t *tx, p *platforms.Placement) error {
	row, err := s.row(p)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE placements SET revision = $3, campaign = $4, account = $5, ended = $6, due_at = $7, state = $8
		WHERE partner = $1 AND id = $2`, row...)
	return err
}

// Of implements platforms.PlacementStore.
func (s Placements) Of(ctx context.Context, partner uuid.UUID, q platforms.Whose) ([]*platforms.Placement, error) {
	which := filter{db: s.db}
	which.of(partner)
	if q.Campaign != uuid.Nil {
		which.add("campaign = ?", s.db.key(q.Campaign))
	}
	if q.Account != uuid.Nil {
		which.add("account = ?", s.db.key(q.Account))
	}
	rows, err := s.db.reader.QueryContext(ctx, selectPlacements+which.where+` ORDER BY id DESC`, which.args...)
	if err != nil {
		return nil, s.db.translate(err)
	}
	found, err := collect(rows, scanPlacement)
	return found, s.db.translate(err)
}

// Due implements platforms.PlacementStore.
func (s Placements) Due(ctx context.Context, now time.Time, limit int) ([]platforms.Ref, error) {
	return s.db.refs(ctx, `SELECT partner, id FROM placements WHERE due_at <= $1 ORDER BY due_at`+limited(limit), micros(now))
}
