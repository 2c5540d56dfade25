package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"
)

// Links remembers which campaign of ours was made for a campaign of an ad
// platform.
type Links struct{ db *DB }

// Links returns the store of links to platforms' campaigns.
func (db *DB) Links() Links { return Links{db} }

// Link ties external to a campaign unless it is tied already, and returns the
// campaign that it is then tied to: of two at once both get the same answer.
func (s Links) Link(ctx context.Context, partner uuid.UUID, platform, external string, campaign uuid.UUID) (tied uuid.UUID, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		return t.queryRow(ctx, `INSERT INTO platform_links (partner, platform, external, campaign) VALUES ($1, $2, $3, $4)
			ON CONFLICT (partner, platform, external) DO UPDATE SET campaign = platform_links.campaign
			RETURNING campaign`, s.db.key(partner), platform, external, s.db.key(campaign)).Scan(&tied)
	})
	return tied, err
}

// Linked is the campaign that external is tied to, or uuid.Nil.
func (s Links) Linked(ctx context.Context, partner uuid.UUID, platform, external string) (tied uuid.UUID, err error) {
	err = s.db.reader.QueryRowContext(ctx, `SELECT campaign FROM platform_links
		WHERE partner = $1 AND platform = $2 AND external = $3`, s.db.key(partner), platform, external).Scan(&tied)
	if errors.Is(err, sql.ErrNoRows) {
		return uuid.Nil, nil
	}
	return tied, s.db.translate(err)
}
