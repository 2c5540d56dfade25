package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/chunk"
)

const (
	maxBlock = 4096 // events
	minBlock = 1024 // a block of so many ends with the local day
)

// recorded is an event and when it was recorded.
type recorded struct {
	performance.Event
	at int64
}

// sources are what one merge rewrites: chunks or runs that follow each other.
type sources struct {
	events      []recorded
	chunks      int64 // how many; 0: these are runs
	first, last int64 // recorded_at of the chunks, or names of the runs
	loose       int64
	rows        int64 // blocks of the runs
}

// name is the name of the run that they become.
func (s *sources) name() int64 { return s.last }

// looseChunks reads the oldest chunks, enough for a run. more says that as much
// as is worth it is left.
func (m Metrics) looseChunks(ctx context.Context, p place, worth int64) (s sources, more bool, err error) {
	chunks, err := m.chunks(ctx, m.db.reader, p, performance.Everything, maxSources)
	var left int64
	for i := range chunks {
		c := &chunks[i]
		if len(s.events) >= maxRun {
			left += max(c.events, minChunk)
			continue
		}
		events, err := c.decode(p.campaign)
		if err != nil {
			return s, false, err
		}
		for i := range events {
			s.events = append(s.events, recorded{events[i], c.recordedAt})
		}
		if s.chunks == 0 {
			s.first = c.recordedAt
		}
		s.last, s.chunks, s.loose = c.recordedAt, s.chunks+1, s.loose+max(c.events, minChunk)
	}
	return s, left >= worth || len(chunks) == maxSources, err
}

// runSources reads runs to be merged.
func (m Metrics) runSources(ctx context.Context, p place, runs []run) (s sources, err error) {
	s.first, s.last = runs[0].name, runs[len(runs)-1].name
	for _, r := range runs {
		s.rows += r.blocks
	}
	err = m.db.read(ctx, func(snapshot *sql.Tx) error {
		for _, r := range runs {
			read, err := m.readRun(ctx, snapshot, p, r.name, performance.Everything)
			if err != nil {
				return err
			}
			var room []performance.Event
			commits, err := read.commits(p.campaign, performance.Everything, &room)
			if err != nil {
				return err
			}
			for _, c := range commits {
				for i := range c.events {
					s.events = append(s.events, recorded{c.events[i], c.recordedAt})
				}
			}
		}
		return nil
	})
	return s, err
}

// remove deletes the sources. It fails with errMoved when they are not all
// there any more.
func (s *sources) remove(ctx context.Context, t *tx, p place) error {
	tables, rows := []string{"metric_blocks", "metric_bodies"}, s.rows
	column := "run"
	if s.chunks > 0 {
		_, err := t.exec(ctx, `UPDATE metric_totals SET loose = loose - $3 WHERE partner = $1 AND campaign = $2`,
			t.db.key(p.partner), t.db.key(p.campaign), s.loose)
		if err != nil {
			return fmt.Errorf("count what is loose: %w", err)
		}
		tables, rows, column = []string{"metric_chunks"}, s.chunks, "recorded_at"
	}
	for _, table := range tables {
		result, err := t.exec(ctx, `DELETE FROM `+table+` WHERE partner = $1 AND campaign = $2 AND `+column+` >= $3 AND `+column+` <= $4`,
			t.db.key(p.partner), t.db.key(p.campaign), s.first, s.last)
		if err != nil {
			return fmt.Errorf("delete what was merged: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n != rows {
			return errors.Join(err, errMoved)
		}
	}
	return nil
}

// block is one row of a run.
type block struct {
	knownFrom, knownTo, firstAt, lastAt, events int64
	channels, breakdowns, body                  []byte
}

// blocks encodes the events in the order of time, and compares what is read
// back with what was written.
func (s *sources) blocks(campaign uuid.UUID, zone *time.Location) ([]block, error) {
	slices.SortFunc(s.events, compareRecorded)
	var blocks []block
	for rest := s.events; len(rest) > 0; {
		n := cutBlock(rest, zone)
		b, err := newBlock(rest[:n], campaign)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, b)
		rest = rest[n:]
	}
	return blocks, nil
}

// compareRecorded is the order of a run: within each commit that of the commit.
func compareRecorded(a, b recorded) int {
	if a.OccurredAt != b.OccurredAt {
		return compareInt64(a.OccurredAt, b.OccurredAt)
	}
	if a.at != b.at {
		return compareInt64(a.at, b.at)
	}
	return strings.Compare(a.ID, b.ID)
}

// cutBlock is how many events the next block has. It ends with a local day when
// it is large enough by then, so that a day is often made of whole blocks.
func cutBlock(events []recorded, zone *time.Location) int {
	if len(events) <= minBlock {
		return len(events)
	}
	n := min(len(events), maxBlock)
	day := localday.Of(time.UnixMicro(events[minBlock-1].OccurredAt), zone)
	_, end := localday.Bounds(day, zone)
	at, _ := slices.BinarySearchFunc(events[minBlock:n], end.UnixMicro(), func(e recorded, end int64) int { return compareInt64(e.OccurredAt, end) })
	return minBlock + at
}

func newBlock(events []recorded, campaign uuid.UUID) (block, error) {
	pointers, times := make([]*performance.Event, len(events)), make([]int64, len(events))
	for i := range events {
		pointers[i], times[i] = &events[i].Event, events[i].at
	}
	b := headOf(pointers, times)
	b.body = chunk.EncodeMerged(pointers, times)
	read, known, err := chunk.DecodeMerged(b.body, campaign)
	if err != nil || !slices.Equal(known, times) {
		return b, errors.Join(err, errors.New("what was merged does not read back"))
	}
	for i := range read {
		if !sameEvent(read[i], events[i].Event) {
			return b, fmt.Errorf("event %q does not read back as it was", events[i].ID)
		}
	}
	return b, nil
}

// headOf is a block without its body, which it follows from.
func headOf(events []*performance.Event, recordedAt []int64) block {
	b := block{
		knownFrom: slices.Min(recordedAt), knownTo: slices.Max(recordedAt),
		firstAt: events[0].OccurredAt, lastAt: events[len(events)-1].OccurredAt, events: int64(len(events)),
	}
	b.channels, b.breakdowns = chunk.Digest(events)
	return b
}

func sameEvent(a, b performance.Event) bool {
	return a.ID == b.ID && a.Campaign == b.Campaign && a.OccurredAt == b.OccurredAt && a.Dimensions == b.Dimensions &&
		a.Currency == b.Currency && a.CorrelationID == b.CorrelationID && a.Metrics == b.Metrics && a.Metadata == b.Metadata &&
		a.Cause == b.Cause && a.Reference == b.Reference && slices.Equal(a.Custom, b.Custom)
}
