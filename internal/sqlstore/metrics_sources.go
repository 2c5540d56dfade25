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

// room is what one merge after the other decodes into. A full run is more than
// 20 MB of events: to leave them to the collector was a third of what a merge cost.
type room struct {
	events []performance.Event
	at     []int64  // when each was recorded
	order  []ranked // of the events, by time
	block  []*performance.Event
	times  []int64
	read   []performance.Event // a block, read back
}

func (r *room) empty() { r.events, r.at = r.events[:0], r.at[:0] }

// add decodes a chunk of one commit.
func (r *room) add(c *storedChunk, campaign uuid.UUID) (err error) {
	r.events, _, err = chunk.Append(r.events, c.body, campaign)
	for len(r.at) < len(r.events) {
		r.at = append(r.at, c.recordedAt)
	}
	return c.fault(campaign, err)
}

// sources are what one merge rewrites: chunks or runs that follow each other.
type sources struct {
	events      int   // in the room
	chunks      int64 // how many; 0: these are runs
	first, last int64 // recorded_at of the chunks, or names of the runs
	loose       int64
	rows        int64 // blocks of the runs
}

// name is the name of the run that they become.
func (s *sources) name() int64 { return s.last }

// looseChunks reads the oldest chunks, enough for a run. more says that as much
// as is worth it is left.
func (m Metrics) looseChunks(ctx context.Context, p place, worth int64, into *room) (s sources, more bool, err error) {
	chunks, err := m.chunks(ctx, m.db.reader, p, performance.Everything, maxSources)
	var left int64
	into.empty()
	for i := range chunks {
		c := &chunks[i]
		if len(into.events) >= maxRun {
			left += max(c.events, minChunk)
			continue
		}
		if err := into.add(c, p.campaign); err != nil {
			return s, false, err
		}
		if s.chunks == 0 {
			s.first = c.recordedAt
		}
		s.last, s.chunks, s.loose = c.recordedAt, s.chunks+1, s.loose+max(c.events, minChunk)
	}
	s.events = len(into.events)
	return s, left >= worth || len(chunks) == maxSources, err
}

// runSources reads runs to be merged.
func (m Metrics) runSources(ctx context.Context, p place, runs []run, into *room) (s sources, err error) {
	s.first, s.last = runs[0].name, runs[len(runs)-1].name
	into.empty()
	err = m.db.read(ctx, func(snapshot *sql.Tx) error {
		for _, r := range runs {
			read, err := m.readRun(ctx, snapshot, p, r.name, performance.Everything)
			if err != nil {
				return err
			}
			for i := range read.heads {
				if err := into.addBlock(&read.heads[i], read.recordedAt[i], p.campaign); err != nil {
					return fmt.Errorf("campaign %s, run %d, block %d: %w", p.campaign, r.name, i, err)
				}
			}
			s.rows += r.blocks
		}
		return nil
	})
	s.events = len(into.events)
	return s, err
}

func (r *room) addBlock(b *block, recordedAt []int64, campaign uuid.UUID) (err error) {
	before := len(r.events)
	if r.events, _, err = chunk.Append(r.events, b.body, campaign); err != nil {
		return err
	}
	r.at = append(r.at, recordedAt...)
	return b.check(r.events[before].OccurredAt, r.events[len(r.events)-1].OccurredAt, recordedAt)
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

// ranked is an event's place in the room, with what most comparisons need: the
// events themselves are too large to move about.
type ranked struct {
	occurredAt, recordedAt int64
	event                  int32
}

// blocks encodes the events in the order of time, and compares what is read
// back with what was written.
func (r *room) blocks(campaign uuid.UUID, zone *time.Location) ([]block, error) {
	r.order = r.order[:0]
	for i := range r.events {
		r.order = append(r.order, ranked{r.events[i].OccurredAt, r.at[i], int32(i)})
	}
	slices.SortFunc(r.order, r.compare)
	var blocks []block
	for rest := r.order; len(rest) > 0; {
		n := cutBlock(rest, zone)
		b, err := r.newBlock(rest[:n], campaign)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, b)
		rest = rest[n:]
	}
	return blocks, nil
}

// compare is the order of a run: within each commit that of the commit.
func (r *room) compare(a, b ranked) int {
	if a.occurredAt != b.occurredAt {
		return compareInt64(a.occurredAt, b.occurredAt)
	}
	if a.recordedAt != b.recordedAt {
		return compareInt64(a.recordedAt, b.recordedAt)
	}
	return strings.Compare(r.events[a.event].ID, r.events[b.event].ID)
}

// cutBlock is how many events the next block has. It ends with a local day when
// it is large enough by then, so that a day is often made of whole blocks.
func cutBlock(events []ranked, zone *time.Location) int {
	if len(events) <= minBlock {
		return len(events)
	}
	n := min(len(events), maxBlock)
	day := localday.Of(time.UnixMicro(events[minBlock-1].occurredAt), zone)
	_, end := localday.Bounds(day, zone)
	at, _ := slices.BinarySearchFunc(events[minBlock:n], end.UnixMicro(), func(e ranked, end int64) int { return compareInt64(e.occurredAt, end) })
	return minBlock + at
}

func (r *room) newBlock(events []ranked, campaign uuid.UUID) (block, error) {
	r.block, r.times = r.block[:0], r.times[:0]
	for _, e := range events {
		r.block, r.times = append(r.block, &r.events[e.event]), append(r.times, e.recordedAt)
	}
	b := headOf(r.block, r.times)
	b.body = chunk.EncodeMerged(r.block, r.times)
	read, known, err := chunk.Append(r.read[:0], b.body, campaign)
	r.read = read
	if err != nil || !slices.Equal(known, r.times) {
		return b, errors.Join(err, errors.New("what was merged does not read back"))
	}
	for i := range read {
		if !sameEvent(&read[i], r.block[i]) {
			return b, fmt.Errorf("event %q does not read back as it was", read[i].ID)
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

func sameEvent(a, b *performance.Event) bool {
	return a.ID == b.ID && a.Campaign == b.Campaign && a.OccurredAt == b.OccurredAt && a.Dimensions == b.Dimensions &&
		a.Currency == b.Currency && a.CorrelationID == b.CorrelationID && a.Metrics == b.Metrics && a.Metadata == b.Metadata &&
		a.Cause == b.Cause && a.Reference == b.Reference && slices.Equal(a.Custom, b.Custom)
}
