package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// A campaign's chunks, one a commit, are merged into runs of blocks: less room,
// and questions about the past read some hundred digests in place of all events.
// Small runs that follow each other are merged again, eight at a time, until
// they are large, so that an event is rewritten three or four times at most.
const (
	maxRun      = 64 << 10 // events of a run that is not merged again
	maxSources  = 4096     // chunks merged at once
	minChunk    = 512      // what a chunk counts at least in metric_totals.loose
	worthMerge  = maxRun   // of loose
	maxTogether = 32       // campaigns merged in one transaction
	tier        = 8        // runs of one size that are merged, and how much larger the next size is

	// A round of merges takes the more of a core the longer it lasts: a thirtieth
	// at first, half of it after a minute, and most of it when that is not enough.
	catchUp = time.Minute
	maxRest = 29 // times as long as it works

	// A campaign that has been quiet for idleAfter is merged when it has
	// worthIdle, so that a burst does not stay loose for ever.
	idleAfter = 10 * time.Minute
	worthIdle = 16 * minChunk
)

// errMoved means that somebody else has merged the same meanwhile.
var errMoved = errors.New("merged by another node")

// place is a campaign of a partner.
type place struct{ partner, campaign uuid.UUID }

// Merge merges what is worth it, in short transactions; whatever it is stopped
// by, every event is there exactly once. It leaves every answer as it is. It
// rests longer than it works, so that what comes in does not wait for it, and
// less the longer it has had work.
func (m Metrics) Merge(ctx context.Context) error {
	due, err := m.loose(ctx, worthMerge)
	if err != nil {
		return err
	}
	begun := time.Now()
	return m.merge(ctx, due, worthMerge, func(worked time.Duration) {
		select {
		case <-ctx.Done():
		case <-time.After(restAfter(worked, time.Since(begun))):
		}
	})
}

// restAfter is how long a round that has lasted so long rests after a piece of
// work.
func restAfter(worked, lasted time.Duration) time.Duration {
	times := float64(catchUp) / float64(lasted)
	return time.Duration(float64(worked) * min(maxRest, times*times))
}

// MergeIdle merges the rest of campaigns that nothing came for of late.
func (m Metrics) MergeIdle(ctx context.Context) error {
	before := micros(m.db.now().Add(-idleAfter))
	due, err := m.loose(ctx, worthIdle)
	if err != nil {
		return err
	}
	var idle []place
	for _, p := range due {
		var newest int64
		err := m.db.reader.QueryRowContext(ctx, `SELECT coalesce(max(recorded_at), 0) FROM metric_chunks WHERE partner = $1 AND campaign = $2`,
			m.db.key(p.partner), m.db.key(p.campaign)).Scan(&newest)
		if err != nil {
			return m.db.translate(err)
		}
		if newest < before {
			idle = append(idle, p)
		}
	}
	return m.merge(ctx, idle, worthIdle, func(time.Duration) {})
}

// MergeAll merges everything there is.
func (m Metrics) MergeAll(ctx context.Context) error {
	due, err := m.loose(ctx, 1)
	if err != nil {
		return err
	}
	return m.merge(ctx, due, 1, func(time.Duration) {})
}

// merge merges the campaigns until less than worth is loose in each, and then
// their runs.
func (m Metrics) merge(ctx context.Context, due []place, worth int64, rest func(worked time.Duration)) error {
	var into room
	for len(due) > 0 && ctx.Err() == nil {
		started := time.Now()
		done, err := m.mergeFirst(ctx, due, worth, &into)
		if err != nil {
			return err
		}
		due = due[done:]
		rest(time.Since(started))
	}
	return ctx.Err()
}

// Backlog is how many campaigns Merge would merge now.
func (m Metrics) Backlog(ctx context.Context) (n int, err error) {
	err = m.db.reader.QueryRowContext(ctx, `SELECT count(*) FROM metric_totals WHERE loose >= $1`, worthMerge).Scan(&n)
	return n, m.db.translate(err)
}

// loose lists the campaigns with so much to merge, in the order in which commits
// lock their totals.
func (m Metrics) loose(ctx context.Context, worth int64) (due []place, err error) {
	rows, err := m.db.reader.QueryContext(ctx, `SELECT partner, campaign FROM metric_totals WHERE loose >= $1 ORDER BY partner, campaign`, worth)
	if err != nil {
		return nil, m.db.translate(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var p place
		err := rows.Scan(&p.partner, &p.campaign)
		due = append(due, p)
		return err
	})
	return due, m.db.translate(err)
}

// mergeFirst merges the loose chunks of the first campaigns that are due, in one
// transaction: as many of them as make a run together, since most campaigns have
// little and a transaction waits for the disk. It returns how many are done; the
// last of them may have to come again.
func (m Metrics) mergeFirst(ctx context.Context, due []place, worth int64, into *room) (done int, err error) {
	var found []merged
	again := false
	for events := 0; done < len(due) && len(found) < maxTogether && events < maxRun && !again; done++ {
		var s sources
		if s, again, err = m.looseChunks(ctx, due[done], worth, into); err != nil {
			return 0, fmt.Errorf("merge campaign %s: %w", due[done].campaign, err)
		}
		if s.events == 0 {
			continue
		}
		w, err := m.encode(ctx, due[done], s, into)
		if err != nil {
			return 0, fmt.Errorf("merge campaign %s: %w", due[done].campaign, err)
		}
		found, events = append(found, w), events+s.events
	}
	moved, err := m.swapAll(ctx, found)
	if err != nil {
		return 0, err
	}
	for _, p := range due[:done] {
		if err := m.mergeRuns(ctx, p, into); err != nil && !errors.Is(err, errMoved) {
			return 0, fmt.Errorf("merge runs of campaign %s: %w", p.campaign, err)
		}
	}
	if again && !moved {
		done--
	}
	return done, nil
}

// swapAll swaps them together, or, when another node has moved one of them,
// each that still can be.
func (m Metrics) swapAll(ctx context.Context, found []merged) (moved bool, err error) {
	if err := m.swap(ctx, found...); !errors.Is(err, errMoved) {
		return false, err
	}
	for _, w := range found {
		if err := m.swap(ctx, w); err != nil && !errors.Is(err, errMoved) {
			return true, err
		}
	}
	return true, nil
}

// mergeRuns merges runs that are small, the newest first.
func (m Metrics) mergeRuns(ctx context.Context, p place, into *room) error {
	for {
		runs, err := m.runs(ctx, p)
		if err != nil {
			return err
		}
		n := dueRuns(runs)
		if n == 0 {
			return nil
		}
		s, err := m.runSources(ctx, p, runs[len(runs)-n:], into)
		if err != nil {
			return err
		}
		w, err := m.encode(ctx, p, s, into)
		if err != nil {
			return err
		}
		if err := m.swap(ctx, w); err != nil {
			return err
		}
	}
}

// run is one merged run.
type run struct {
	name, events int64
	blocks       int64
}

func (m Metrics) runs(ctx context.Context, p place) (runs []run, err error) {
	rows, err := m.db.reader.QueryContext(ctx, `SELECT run, CAST(sum(events) AS BIGINT), count(*) FROM metric_blocks
		WHERE partner = $1 AND campaign = $2 GROUP BY run ORDER BY run`, m.db.key(p.partner), m.db.key(p.campaign))
	if err != nil {
		return nil, m.db.translate(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var r run
		err := rows.Scan(&r.name, &r.events, &r.blocks)
		runs = append(runs, r)
		return err
	})
	return runs, m.db.translate(err)
}

// dueRuns is how many of the last runs are to be merged: those of one size, or
// smaller, when there are enough of them.
func dueRuns(runs []run) int {
	for size := int64(minChunk); size < maxRun*tier; size *= tier {
		n, events := 0, int64(0)
		for n < len(runs) && runs[len(runs)-1-n].events < min(size, maxRun) && events < maxRun {
			events += runs[len(runs)-1-n].events
			n++
		}
		if n >= tier || n > 1 && events >= maxRun {
			return n
		}
	}
	return 0
}

// merged is a new run of a campaign beside the sources it is made of.
type merged struct {
	place
	sources sources
	blocks  []block
}

func (m Metrics) encode(ctx context.Context, p place, s sources, from *room) (merged, error) {
	zone, err := m.zone(ctx, p)
	if err != nil {
		return merged{}, err
	}
	blocks, err := from.blocks(p.campaign, zone)
	return merged{p, s, blocks}, err
}

// swap writes runs and removes their sources, all of it or nothing.
func (m Metrics) swap(ctx context.Context, runs ...merged) error {
	return m.db.write(ctx, func(t *tx) error {
		for i := range runs {
			w := &runs[i]
			if err := w.sources.remove(ctx, t, w.place); err != nil {
				return err
			}
			if err := t.insertBlocks(ctx, w.place, w.sources.name(), w.blocks); err != nil {
				return err
			}
		}
		return nil
	})
}

// zone is where the campaign's days begin; UTC serves as well for one unknown.
func (m Metrics) zone(ctx context.Context, p place) (*time.Location, error) {
	found := map[uuid.UUID]performance.Subject{}
	err := m.addSubjects(ctx, p.partner, []uuid.UUID{p.campaign}, found)
	if s, ok := found[p.campaign]; ok && err == nil {
		return s.Zone, nil
	}
	return time.UTC, m.db.translate(err)
}

func (t *tx) insertBlocks(ctx context.Context, p place, run int64, blocks []block) error {
	rows := bulk{
		into:  "metric_blocks (partner, campaign, run, part, known_from, known_to, first_at, last_at, events, channels, breakdowns)",
		types: []string{"uuid", "uuid", "bigint", "integer", "bigint", "bigint", "bigint", "bigint", "integer", "bytea", "bytea"},
	}
	bodies := bulk{into: "metric_bodies (partner, campaign, run, part, body)", types: []string{"uuid", "uuid", "bigint", "integer", "bytea"}}
	for i := range blocks {
		b := &blocks[i]
		rows.add([16]byte(p.partner), [16]byte(p.campaign), run, int64(i), b.knownFrom, b.knownTo, b.firstAt, b.lastAt, b.events, b.channels, b.breakdowns)
		bodies.add([16]byte(p.partner), [16]byte(p.campaign), run, int64(i), b.body)
	}
	for _, b := range []*bulk{&rows, &bodies} {
		if _, err := b.exec(ctx, t); err != nil {
			return fmt.Errorf("insert metric blocks: %w", err)
		}
	}
	return nil
}
