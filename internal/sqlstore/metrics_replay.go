package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/chunk"
)

// replayPage is how many chunks are in memory at a time.
const replayPage = 256

// commit is the events of one commit of a campaign, or those of them that a
// span needs.
type commit struct {
	recordedAt int64
	events     []performance.Event
	loose      *storedChunk // not decoded yet: a page of large ones would be gigabytes
}

// Replay implements performance.Reader. It reads one run, or some chunks, at a
// time. Between two reads the chunks that come next may have become a run; they
// are found there, because the place to go on from is a recorded_at.
func (m Metrics) Replay(ctx context.Context, partner, campaign uuid.UUID, span performance.Span, limit int, f func(recordedAt int64, events []performance.Event) error) error {
	var room []performance.Event
	for seen := 0; ; {
		commits, next, err := m.page(ctx, place{partner, campaign}, span, &room)
		if err != nil {
			return err
		}
		for _, c := range commits {
			if c.loose != nil {
				if c.events, err = c.loose.decode(campaign); err != nil {
					return err
				}
			}
			if err := f(c.recordedAt, c.events); err != nil {
				return err
			}
			if seen++; seen == limit {
				return nil
			}
		}
		if next >= span.KnownTo {
			return nil
		}
		span.KnownFrom = next
	}
}

// page returns the first commits of a span and where to go on. Events of a run
// are in room, which is made larger when they do not fit.
func (m Metrics) page(ctx context.Context, p place, span performance.Span, room *[]performance.Event) (commits []commit, next int64, err error) {
	err = m.db.read(ctx, func(snapshot *sql.Tx) error {
		var run int64
		err := snapshot.QueryRowContext(ctx, `SELECT run FROM metric_blocks WHERE partner = $1 AND campaign = $2 AND run >= $3 ORDER BY run LIMIT 1`,
			m.db.key(p.partner), m.db.key(p.campaign), span.KnownFrom).Scan(&run)
		switch {
		case err == nil:
			next = run + 1
			var r readRun
			if r, err = m.readRun(ctx, snapshot, p, run, span); err == nil {
				commits, err = r.commits(p.campaign, span, room)
			}
			return err
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		commits, next, err = m.looseCommits(ctx, snapshot, p, span)
		return err
	})
	return commits, next, err
}

// looseCommits are the commits that no run has yet.
func (m Metrics) looseCommits(ctx context.Context, q querier, p place, span performance.Span) (commits []commit, next int64, err error) {
	chunks, err := m.chunks(ctx, q, p, span, replayPage)
	for i := range chunks {
		commits = append(commits, commit{recordedAt: chunks[i].recordedAt, loose: &chunks[i]})
	}
	if err != nil || len(chunks) < replayPage {
		return commits, span.KnownTo, err
	}
	return commits, chunks[len(chunks)-1].recordedAt + 1, nil
}

// storedChunk is one row of metric_chunks.
type storedChunk struct {
	recordedAt, events int64
	body               []byte
}

func (c *storedChunk) decode(campaign uuid.UUID) ([]performance.Event, error) {
	events, err := chunk.Decode(c.body, campaign)
	return events, c.fault(campaign, err)
}

// fault says where an error is, if it is one.
func (c *storedChunk) fault(campaign uuid.UUID, err error) error {
	if err != nil {
		err = fmt.Errorf("campaign %s, commit %d: %w", campaign, c.recordedAt, err)
	}
	return err
}

// chunks reads the chunks that overlap a span; a limit of 0 is none.
func (m Metrics) chunks(ctx context.Context, q querier, p place, span performance.Span, limit int) ([]storedChunk, error) {
	query := `SELECT recorded_at, events, body FROM metric_chunks
		WHERE partner = $1 AND campaign = $2 AND recorded_at >= $3 AND recorded_at < $4 AND first_at < $5 AND last_at >= $6 ORDER BY recorded_at`
	if limit > 0 {
		query += limited(limit)
	}
	rows, err := q.QueryContext(ctx, query, m.db.key(p.partner), m.db.key(p.campaign), span.KnownFrom, span.KnownTo, span.To, span.From)
	if err != nil {
		return nil, m.db.translate(err)
	}
	var out []storedChunk
	err = eachRow(rows, func(rows *sql.Rows) error {
		var c storedChunk
		err := rows.Scan(&c.recordedAt, &c.events, &c.body)
		out = append(out, c)
		return err
	})
	return out, m.db.translate(err)
}
