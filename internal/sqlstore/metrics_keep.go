package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hexabuilders/campaignd/performance"
)

// Keep says how long what is derived is kept. Events, days and totals are kept
// for ever, so that everything else can be answered from them.
type Keep struct {
	Minutes time.Duration // sums by minute
	Hours   time.Duration // sums by hour
	Updates time.Duration // the bodies of performance.metrics_updated in the log, and the days of performance.restated
}

// Usual is what is kept unless something else is set.
var Usual = Keep{Minutes: 24 * time.Hour, Hours: 400 * 24 * time.Hour, Updates: 48 * time.Hour}

const maxSweep = 5000 // rows of one transaction

// Sweep deletes the rollups, and thins the updates, that are older than what is
// kept. No answer changes: questions about older minutes and hours are answered
// from the events. It works in short transactions and leaves the rest for the
// next time when ctx ends.
func (m Metrics) Sweep(ctx context.Context, keep Keep) error {
	for _, w := range []struct {
		width performance.Bucket
		keep  time.Duration
	}{{performance.Minute, keep.Minutes}, {performance.Hour, keep.Hours}} {
		step := bucketStep[w.width]
		floor := micros(m.db.now().Add(-w.keep)) / step * step
		if err := m.sweepWidth(ctx, w.width, floor); err != nil {
			return fmt.Errorf("sweep rollups of width %d: %w", w.width, err)
		}
	}
	if err := m.thin(ctx, micros(m.db.now().Add(-keep.Updates))); err != nil {
		return err
	}
	return m.db.reclaim(ctx)
}

// reclaim gives the embedded store's empty pages back to the disk, some at a
// time, when they are more than a fiftieth: new rows would use them otherwise.
func (db *DB) reclaim(ctx context.Context) error {
	if db.name != sqliteDialect.name {
		return nil // PostgreSQL's autovacuum does that
	}
	for ctx.Err() == nil {
		var all, free int64
		if err := db.writer.QueryRowContext(ctx, `SELECT (SELECT page_count FROM pragma_page_count), (SELECT freelist_count FROM pragma_freelist_count)`).Scan(&all, &free); err != nil {
			return db.translate(err)
		}
		if free < 500 || free < all/50 {
			return nil
		}
		rows, err := db.writer.QueryContext(ctx, `PRAGMA incremental_vacuum(1000)`)
		if err != nil {
			return db.translate(err)
		}
		if err := eachRow(rows, func(*sql.Rows) error { return nil }); err != nil {
			return db.translate(err)
		}
		var left int64
		if err := db.writer.QueryRowContext(ctx, `SELECT freelist_count FROM pragma_freelist_count`).Scan(&left); err != nil || left >= free {
			return db.translate(err) // a store of before this was possible
		}
	}
	return ctx.Err()
}

// sweepWidth raises the floor first, so that nobody counts on rows that are
// being deleted. A floor never sinks, whatever the clock does.
func (m Metrics) sweepWidth(ctx context.Context, width performance.Bucket, floor int64) error {
	err := m.db.write(ctx, func(t *tx) error {
		return t.queryRow(ctx, `INSERT INTO metric_floors (width, floor) VALUES ($1, $2)
			ON CONFLICT (width) DO UPDATE SET floor = CASE WHEN excluded.floor > metric_floors.floor THEN excluded.floor ELSE metric_floors.floor END
			RETURNING floor`, int64(width), floor).Scan(&floor)
	})
	if err != nil {
		return err
	}
	if width == performance.Minute {
		m.db.minutes.Store(floor)
	}
	refs, err := m.allPartners(ctx)
	for _, partner := range refs {
		if err := m.deleteBelow(ctx, partner, width, floor); err != nil {
			return err
		}
	}
	return err
}

// keeps reports whether a rollup is worth writing. Below the floor nobody reads
// it, and the next sweep would delete it.
func (db *DB) keeps(r *performance.Rollup) bool {
	return r.Bucket != performance.Minute || r.Start >= db.minutes.Load()
}

func (m Metrics) allPartners(ctx context.Context) (partners []any, err error) {
	rows, err := m.db.reader.QueryContext(ctx, `SELECT partner FROM log_heads`)
	if err != nil {
		return nil, m.db.translate(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var p place
		err := rows.Scan(&p.partner)
		partners = append(partners, m.db.key(p.partner))
		return err
	})
	return partners, m.db.translate(err)
}

// deleteBelow deletes a partner's rollups step by step: each step goes up to the
// start that has maxSweep rows before it.
func (m Metrics) deleteBelow(ctx context.Context, partner any, width performance.Bucket, floor int64) error {
	for ctx.Err() == nil {
		until := floor
		err := m.db.reader.QueryRowContext(ctx, `SELECT start + 1 FROM metric_rollups
			WHERE partner = $1 AND width = $2 AND start < $3 ORDER BY start LIMIT 1 OFFSET $4`, partner, int64(width), floor, maxSweep).Scan(&until)
		last := errors.Is(err, sql.ErrNoRows)
		if err != nil && !last {
			return m.db.translate(err)
		}
		err = m.db.write(ctx, func(t *tx) error {
			if _, err := t.exec(ctx, `DELETE FROM metric_rollups WHERE partner = $1 AND width = $2 AND start < $3`, partner, int64(width), until); err != nil || !last {
				return err
			}
			_, err := t.exec(ctx, `DELETE FROM metric_values WHERE partner = $1 AND width = $2 AND start < $3`, partner, int64(width), floor)
			return err
		})
		if err != nil || last {
			return err
		}
	}
	return ctx.Err()
}

// floor is from where on a width's rollups are complete.
func (m Metrics) floor(ctx context.Context, q querier, width performance.Bucket) (floor int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT floor FROM metric_floors WHERE width = $1`, int64(width)).Scan(&floor)
	if errors.Is(err, sql.ErrNoRows) {
		return -1 << 62, nil
	}
	return floor, err
}

// Thinned is the body of a performance.metrics_updated whose figures are no
// longer kept: the log has no gap, and says so.
const Thinned = `{"campaigns":[],"thinned":true}`

// thinner is the name under which the log's cursors say how far thinning has
// come.
const thinner = "metrics.thin"

// thin replaces the bodies of updates recorded before a moment, behind whoever
// reads the log.
func (m Metrics) thin(ctx context.Context, before int64) error {
	heads, err := m.db.Log().Heads(ctx)
	if err != nil {
		return err
	}
	for partner := range heads {
		for more := true; more && ctx.Err() == nil; {
			err := m.db.write(ctx, func(t *tx) (err error) {
				more, err = t.thin(ctx, t.db.key(partner), before)
				return err
			})
			if err != nil {
				return fmt.Errorf("thin the log of %s: %w", partner, err)
			}
		}
	}
	return ctx.Err()
}

func (t *tx) thin(ctx context.Context, partner any, before int64) (more bool, err error) {
	var from, until int64
	err = t.queryRow(ctx, `SELECT coalesce(max(seq), 0) FROM log_cursors WHERE consumer = $1 AND partner = $2`, thinner, partner).Scan(&from)
	if err != nil {
		return false, err
	}
	// Not what some reader has yet to see.
	err = t.queryRow(ctx, `SELECT coalesce(max(seq), 0) FROM (SELECT seq FROM events WHERE partner = $1 AND seq > $2 AND recorded_at < $3
		AND seq <= coalesce((SELECT min(seq) FROM log_cursors WHERE partner = $1 AND consumer <> $4), seq) ORDER BY seq LIMIT 500) AS next`,
		partner, from, before, thinner).Scan(&until)
	if err != nil || until <= from {
		return false, err
	}
	_, err = t.exec(ctx, `UPDATE events SET data = $1 WHERE partner = $2 AND seq > $3 AND seq <= $4 AND type = $5`,
		Thinned, partner, from, until, performance.TypeUpdated)
	if err == nil {
		err = t.thinRestated(ctx, partner, from, until)
	}
	if err != nil {
		return false, err
	}
	_, err = t.exec(ctx, `INSERT INTO log_cursors (consumer, partner, seq) VALUES ($1, $2, $3)
		ON CONFLICT (consumer, partner) DO UPDATE SET seq = excluded.seq`, thinner, partner, until)
	return err == nil, err
}

// thinRestated leaves out the days of performance.restated, which are most of
// it: what changed on which day is read from the events themselves.
func (t *tx) thinRestated(ctx context.Context, partner any, from, until int64) error {
	rows, err := t.query(ctx, `SELECT seq, data FROM events WHERE partner = $1 AND seq > $2 AND seq <= $3 AND type = $4`,
		partner, from, until, performance.Restated{}.EventType())
	if err != nil {
		return err
	}
	thinned := map[int64]string{}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var seq int64
		var data string
		if err := rows.Scan(&seq, &data); err != nil {
			return err
		}
		body := struct {
			performance.Restated
			Thinned bool `json:"thinned"`
		}{Thinned: true}
		if err := json.Unmarshal([]byte(data), &body); err != nil {
			return fmt.Errorf("event %d: %w", seq, err)
		}
		body.Days, body.Thinned = []performance.RestatedDay{}, true
		text, err := json.Marshal(body)
		thinned[seq] = string(text)
		return err
	})
	for seq, data := range thinned {
		if err == nil {
			_, err = t.exec(ctx, `UPDATE events SET data = $1 WHERE partner = $2 AND seq = $3`, data, partner, seq)
		}
	}
	return err
}
