package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/chunk"
)

// scanners keep their buffers from one question to the next.
var scanners = sync.Pool{New: func() any { return new(chunk.Scanner) }}

// Tally implements performance.Reader: it adds the digests of blocks that lie
// in the span and in one bucket as a whole, and opens the others.
func (m Metrics) Tally(ctx context.Context, partner, campaign uuid.UUID, span performance.Span, t *performance.Tally) error {
	return m.db.read(ctx, func(snapshot *sql.Tx) error {
		return m.tally(ctx, snapshot, place{partner, campaign}, span, t)
	})
}

func (m Metrics) tally(ctx context.Context, q querier, p place, span performance.Span, t *performance.Tally) error {
	opened, err := m.addDigests(ctx, q, p, span, t)
	if err != nil {
		return err
	}
	s := scanners.Get().(*chunk.Scanner)
	defer scanners.Put(s)
	err = m.eachBody(ctx, q, p, opened, func(k blockKey, body []byte) error {
		if err := s.Add(body, 0, span, t); err != nil {
			return fmt.Errorf("campaign %s, run %d, block %d: %w", p.campaign, k.run, k.part, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	chunks, err := m.chunks(ctx, q, p, span, 0)
	for i := range chunks {
		c := &chunks[i]
		if err := s.Add(c.body, c.recordedAt, span, t); err != nil {
			return fmt.Errorf("campaign %s, commit %d: %w", p.campaign, c.recordedAt, err)
		}
	}
	return err
}

type blockKey struct{ run, part int64 }

// addDigests adds what needs no look at events, and returns the blocks to open.
func (m Metrics) addDigests(ctx context.Context, q querier, p place, span performance.Span, t *performance.Tally) (opened []blockKey, err error) {
	column, dimension := "channels", chunk.DigestFor(t)
	if dimension > 0 {
		column = "breakdowns"
	}
	rows, err := q.QueryContext(ctx, `SELECT run, part, known_from, known_to, first_at, last_at, `+column+` FROM metric_blocks
		WHERE partner = $1 AND campaign = $2 AND run >= $3 AND known_from < $4 AND known_to >= $3 AND first_at < $5 AND last_at >= $6`,
		m.db.key(p.partner), m.db.key(p.campaign), span.KnownFrom, span.KnownTo, span.To, span.From)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var k blockKey
		var knownFrom, knownTo, first, last int64
		var digest sql.RawBytes
		if err := rows.Scan(&k.run, &k.part, &knownFrom, &knownTo, &first, &last, &digest); err != nil {
			return err
		}
		added := false
		if _, end := t.Bucket(first); dimension >= 0 && last < end && first >= span.From && last < span.To && knownFrom >= span.KnownFrom && knownTo < span.KnownTo {
			if added, err = chunk.AddDigest(digest, dimension, first, t); err != nil {
				return fmt.Errorf("campaign %s, run %d, block %d: %w", p.campaign, k.run, k.part, err)
			}
		}
		if !added {
			opened = append(opened, k)
		}
		return nil
	})
	return opened, err
}

// eachBody reads blocks one after the other.
func (m Metrics) eachBody(ctx context.Context, q querier, p place, keys []blockKey, f func(blockKey, []byte) error) error {
	if len(keys) == 0 {
		return nil
	}
	stmt, err := q.PrepareContext(ctx, `SELECT body FROM metric_bodies WHERE partner = $1 AND campaign = $2 AND run = $3 AND part = $4`)
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	for _, k := range keys {
		rows, err := stmt.QueryContext(ctx, m.db.key(p.partner), m.db.key(p.campaign), k.run, k.part)
		if err != nil {
			return err
		}
		found := false
		err = eachRow(rows, func(rows *sql.Rows) error {
			found = true
			var body sql.RawBytes
			if err := rows.Scan(&body); err != nil {
				return err
			}
			return f(k, body)
		})
		if err == nil && !found {
			err = fmt.Errorf("campaign %s, run %d, block %d: %w: its body is missing", p.campaign, k.run, k.part, chunk.ErrCorrupt)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
