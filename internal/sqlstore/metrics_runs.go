package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/chunk"
)

// readRun is those blocks of a run that overlap a span.
type readRun struct {
	name       int64
	heads      []block
	recordedAt [][]int64 // of each block's events
}

func (m Metrics) readRun(ctx context.Context, q querier, p place, name int64, span performance.Span) (r readRun, err error) {
	rows, err := q.QueryContext(ctx, `SELECT part, known_from, known_to, first_at, last_at, events FROM metric_blocks
		WHERE partner = $1 AND campaign = $2 AND run = $3 AND known_from < $4 AND known_to >= $5 AND first_at < $6 AND last_at >= $7 ORDER BY part`,
		m.db.key(p.partner), m.db.key(p.campaign), name, span.KnownTo, span.KnownFrom, span.To, span.From)
	if err != nil {
		return r, err
	}
	r.name = name
	var keys []blockKey
	err = eachRow(rows, func(rows *sql.Rows) error {
		k, b := blockKey{run: name}, block{}
		err := rows.Scan(&k.part, &b.knownFrom, &b.knownTo, &b.firstAt, &b.lastAt, &b.events)
		keys, r.heads = append(keys, k), append(r.heads, b)
		return err
	})
	if err != nil {
		return r, err
	}
	return r, m.eachBody(ctx, q, p, keys, func(k blockKey, body []byte) error {
		i := len(r.recordedAt)
		recordedAt, err := chunk.RecordedAt(body)
		if err == nil && int64(len(recordedAt)) != r.heads[i].events {
			err = errRow
		}
		if err != nil {
			return fmt.Errorf("campaign %s, run %d, block %d: %w", p.campaign, k.run, k.part, err)
		}
		r.heads[i].body, r.recordedAt = slices.Clone(body), append(r.recordedAt, recordedAt)
		return nil
	})
}

// errRow means that a block's row, which has no checksum, is not about its body.
var errRow = fmt.Errorf("%w: its row says something else than its events", chunk.ErrCorrupt)

// commits decodes the events in the span to where the order of the log has
// them. The blocks are in the order of time, which is kept within each commit.
func (r *readRun) commits(campaign uuid.UUID, span performance.Span, room *[]performance.Event) ([]commit, error) {
	commits, ends := r.plan(span)
	total := 0
	if len(commits) > 0 {
		total = ends[commits[len(commits)-1].recordedAt]
	}
	// The last place is for what is not known.
	if cap(*room) > total {
		*room = (*room)[:total+1]
		clear(*room)
	} else {
		*room = make([]performance.Event, total+1)
	}
	begins := make(map[int64]int, len(commits))
	before := 0
	for i := range commits {
		end := ends[commits[i].recordedAt]
		begins[commits[i].recordedAt] = before
		commits[i].events = (*room)[before:end]
		before = end
	}
	for i, b := range r.heads {
		at := make([]int32, len(r.recordedAt[i]))
		eachStretch(r.recordedAt[i], func(recordedAt int64, from, to int) {
			first, ok := begins[recordedAt]
			for n := from; n < to; n++ {
				at[n] = int32(total)
				if ok {
					at[n] = int32(first + n - from)
				}
			}
			if ok {
				begins[recordedAt] = first + to - from
			}
		})
		err := chunk.DecodeInto(*room, at, b.body, campaign)
		if err == nil {
			err = b.check(occurred(*room, at[0], total, b.firstAt), occurred(*room, at[len(at)-1], total, b.lastAt), r.recordedAt[i])
		}
		if err != nil {
			return nil, fmt.Errorf("campaign %s, run %d, %d events of %v: %w", campaign, r.name, b.events, moment(b.firstAt), err)
		}
	}
	return commits, nil
}

// plan returns the commits in the span, and where each ends when they follow
// each other.
func (r *readRun) plan(span performance.Span) (commits []commit, ends map[int64]int) {
	ends = map[int64]int{}
	for _, recordedAt := range r.recordedAt {
		eachStretch(recordedAt, func(at int64, from, to int) {
			if at < span.KnownFrom || at >= span.KnownTo {
				return
			}
			if ends[at] == 0 {
				commits = append(commits, commit{recordedAt: at})
			}
			ends[at] += to - from
		})
	}
	slices.SortFunc(commits, func(a, b commit) int { return compareInt64(a.recordedAt, b.recordedAt) })
	before := 0
	for _, c := range commits {
		before += ends[c.recordedAt]
		ends[c.recordedAt] = before
	}
	return commits, ends
}

// eachStretch calls f for events on end that are of one commit, as most are.
func eachStretch(recordedAt []int64, f func(at int64, from, to int)) {
	from := 0
	for i := range recordedAt {
		if i+1 == len(recordedAt) || recordedAt[i+1] != recordedAt[i] {
			f(recordedAt[i], from, i+1)
			from = i + 1
		}
	}
}

// occurred is when an event occurred, or what its block's row says if it was not
// asked for.
func occurred(events []performance.Event, at int32, outside int, row int64) int64 {
	if int(at) == outside {
		return row
	}
	return events[at].OccurredAt
}

// check compares a block's row with its first and last event.
func (b *block) check(first, last int64, recordedAt []int64) error {
	if first != b.firstAt || last != b.lastAt ||
		slices.Min(recordedAt) != b.knownFrom || slices.Max(recordedAt) != b.knownTo {
		return errRow
	}
	return nil
}
