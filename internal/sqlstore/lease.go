package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Leases lets one node at a time hold a name.
type Leases struct{ db *DB }

// Leases returns the store's leases.
func (db *DB) Leases() Leases { return Leases{db} }

// Acquire takes the lease when it is free or expired, or renews it when holder
// has it. Expiry is judged by this node's clock: nodes whose clocks differ by
// more than the lease's life may both think they hold it, and the fence
// decides between them.
func (l Leases) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (fence int64, ok bool, err error) {
	now := l.db.now()
	err = l.db.write(ctx, func(t *tx) error {
		return t.queryRow(ctx, `INSERT INTO leases (name, holder, fence, expires_at) VALUES ($1, $2, 1, $3)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at,
				fence = CASE WHEN leases.holder = excluded.holder THEN leases.fence ELSE leases.fence + 1 END
			WHERE leases.holder = excluded.holder OR leases.expires_at < $4
			RETURNING fence`, name, holder, micros(now.Add(ttl)), micros(now)).Scan(&fence)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return fence, err == nil, err
}

// Release frees the lease at once, so that another node need not wait.
func (l Leases) Release(ctx context.Context, name, holder string) error {
	return l.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE leases SET expires_at = 0 WHERE name = $1 AND holder = $2`, name, holder)
		return err
	})
}

// Cursors returns how far a consumer has come with each partner's log.
func (l Log) Cursors(ctx context.Context, consumer string) (map[uuid.UUID]int64, error) {
	return l.positions(ctx, `SELECT partner, seq FROM log_cursors WHERE consumer = $1`, consumer)
}

// Advance moves a consumer's cursors forward, unless the lease named like the
// consumer no longer has this fence: then held is false and nothing moves.
func (l Log) Advance(ctx context.Context, consumer string, seen map[uuid.UUID]int64, fence int64) (held bool, err error) {
	err = l.db.write(ctx, func(t *tx) error {
		var current int64
		err := t.queryRow(ctx, `SELECT fence FROM leases WHERE name = $1`+t.db.forUpdate, consumer).Scan(&current)
		if held = err == nil && current == fence; !held {
			return missing(err, nil)
		}
		for partner, seq := range seen {
			_, err := t.exec(ctx, `INSERT INTO log_cursors (consumer, partner, seq) VALUES ($1, $2, $3)
				ON CONFLICT (consumer, partner) DO UPDATE SET seq = excluded.seq WHERE log_cursors.seq < excluded.seq`,
				consumer, t.db.key(partner), seq)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return held, err
}
