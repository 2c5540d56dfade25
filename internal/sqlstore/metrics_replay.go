package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

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
}

// Replay implements performance.Reader. It reads one run, or some chunks, at a
// time. Between two reads the chunks that come next may have become a run; they
// are found there, because the place to go on from is a recorded_at.
func (m Metrics) Replay(ctx context.Context, partner, campaign uuid.UUID, span performance.Span, limit int, f func(recordedAt int64, events []performance.Event) error) error {
	for seen := 0; ; {
		commits, next, err := m.page(ctx, place{partner, campaign}, span)
		if err != nil {
			return err
		}
		for _, c := range commits {
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

// page returns the first commits of a span and where to go on.
func (m Metrics) page(ctx context.Context, p place, span performance.Span) (commits []commit, next int64, err error) {
	err = m.db.read(ctx, func(snapshot *sql.Tx) error {
		var run int64
		err := snapshot.QueryRowContext(ctx, `SELECT run FROM metric_blocks WHERE partner = $1 AND campaign = $2 AND run >= $3 ORDER BY run LIMIT 1`,
			m.db.key(p.partner), m.db.key(p.campaign), span.KnownFrom).Scan(&run)
		switch {
		case err == nil:
			next = run + 1
			var blocks []opened
			blocks, err = m.blocksOf(ctx, snapshot, p, run, span)
			commits = byCommit(blocks, span)
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
		events, err := chunks[i].decode(p.campaign)
		if err != nil {
			return nil, 0, err
		}
		commits = append(commits, commit{chunks[i].recordedAt, events})
	}
	if err != nil || len(chunks) < replayPage {
		return commits, span.KnownTo, err
	}
	return commits, chunks[len(chunks)-1].recordedAt + 1, nil
}

// opened is a block's events, in the order of time.
type opened struct {
	events     []performance.Event
	recordedAt []int64
}

// blocksOf decodes those blocks of a run that overlap a span.
func (m Metrics) blocksOf(ctx context.Context, q querier, p place, run int64, span performance.Span) (out []opened, err error) {
	rows, err := q.QueryContext(ctx, `SELECT part, known_from, known_to, first_at, last_at, events FROM metric_blocks
		WHERE partner = $1 AND campaign = $2 AND run = $3 AND known_from < $4 AND known_to >= $5 AND first_at < $6 AND last_at >= $7 ORDER BY part`,
		m.db.key(p.partner), m.db.key(p.campaign), run, span.KnownTo, span.KnownFrom, span.To, span.From)
	if err != nil {
		return nil, err
	}
	var keys []blockKey
	var heads []block
	err = eachRow(rows, func(rows *sql.Rows) error {
		k, b := blockKey{run: run}, block{}
		err := rows.Scan(&k.part, &b.knownFrom, &b.knownTo, &b.firstAt, &b.lastAt, &b.events)
		keys, heads = append(keys, k), append(heads, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = m.eachBody(ctx, q, p, keys, func(k blockKey, body []byte) error {
		events, recordedAt, err := chunk.DecodeMerged(body, p.campaign)
		if err == nil {
			err = heads[len(out)].check(events, recordedAt)
		}
		if err != nil {
			return fmt.Errorf("campaign %s, run %d, block %d: %w", p.campaign, k.run, k.part, err)
		}
		out = append(out, opened{events, recordedAt})
		return nil
	})
	return out, err
}

// check compares a block's row with its events: the row has no checksum.
func (b *block) check(events []performance.Event, recordedAt []int64) error {
	if int64(len(events)) != b.events || len(recordedAt) != len(events) || events[0].OccurredAt != b.firstAt ||
		events[len(events)-1].OccurredAt != b.lastAt || slices.Min(recordedAt) != b.knownFrom || slices.Max(recordedAt) != b.knownTo {
		return fmt.Errorf("%w: its row says something else than its events", chunk.ErrCorrupt)
	}
	return nil
}

// byCommit brings the events of a run's blocks into the order of the log. They
// are in the order of time, which they keep within each commit.
func byCommit(blocks []opened, span performance.Span) []commit {
	count := map[int64]int{}
	var order []int64
	for _, b := range blocks {
		for _, at := range b.recordedAt {
			if at >= span.KnownFrom && at < span.KnownTo {
				if count[at] == 0 {
					order = append(order, at)
				}
				count[at]++
			}
		}
	}
	slices.Sort(order)
	commits := make([]commit, len(order))
	places := make(map[int64]*commit, len(order))
	for i, at := range order {
		commits[i] = commit{at, make([]performance.Event, 0, count[at])}
		places[at] = &commits[i]
	}
	for _, b := range blocks {
		for i, at := range b.recordedAt {
			if c := places[at]; c != nil {
				c.events = append(c.events, b.events[i])
			}
		}
	}
	return commits
}

// storedChunk is one row of metric_chunks.
type storedChunk struct {
	recordedAt, events int64
	body               []byte
}

func (c *storedChunk) decode(campaign uuid.UUID) ([]performance.Event, error) {
	events, err := chunk.Decode(c.body, campaign)
	if err != nil {
		return nil, fmt.Errorf("campaign %s, commit %d: %w", campaign, c.recordedAt, err)
	}
	return events, nil
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
