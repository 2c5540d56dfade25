package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// sumKey names one stored cell of a campaign. The total has width Total; its
// sums have no channel, and its values have one.
type sumKey struct {
	width   performance.Bucket
	start   int64
	channel string
}

// sums are a campaign's cells from the floors on, and where those are.
type sums struct {
	cells  map[sumKey]*performance.Cell
	total  performance.Cell // events and sums over all channels
	floors [4]int64         // by Bucket
	zone   *time.Location
}

func (v Verify) newSums(ctx context.Context, s performance.Subject) (*sums, error) {
	out := &sums{cells: map[sumKey]*performance.Cell{}, zone: s.Zone}
	for width := performance.Minute; width <= performance.Day; width++ {
		var err error
		if out.floors[width], err = v.m.Floor(ctx, width); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *sums) at(k sumKey) *performance.Cell {
	c := s.cells[k]
	if c == nil {
		c = &performance.Cell{}
		s.cells[k] = c
	}
	return c
}

func (s *sums) add(e *performance.Event) {
	for width, step := range bucketStep {
		start := e.OccurredAt - (e.OccurredAt%step+step)%step
		if width == performance.Day {
			start = int64(localday.Of(time.UnixMicro(e.OccurredAt), s.zone))
		}
		if start >= s.floors[width] {
			s.at(sumKey{width, start, e.Channel}).Add(e)
		}
	}
	plain := *e
	plain.Metrics, plain.Custom = performance.Metrics{}, nil
	for m := range performance.Reach {
		*plain.At(m) = *e.At(m)
	}
	s.total.Add(&plain)
	if e.Given()>>performance.Reach != 0 || len(e.Custom) > 0 {
		s.addValues(e)
	}
}

// addValues adds the gauges and custom values alone to the running total.
func (s *sums) addValues(e *performance.Event) {
	rare := *e
	for m := range performance.Reach {
		*rare.At(m) = 0
	}
	rare.Present &^= 1<<performance.Reach - 1
	c := s.at(sumKey{width: performance.Total, channel: e.Channel})
	c.Add(&rare)
	c.Events = 0
}

// stored reads the same cells as they stand in the store. The sums by minute,
// hour and day are taken from same when that is given: it is known to agree.
func (v Verify) stored(ctx context.Context, subject performance.Subject, same *sums) (*sums, error) {
	out, err := v.newSums(ctx, subject)
	if err != nil {
		return nil, err
	}
	p := place{subject.Partner, subject.Campaign}
	err = v.m.db.read(ctx, func(snapshot *sql.Tx) error {
		if same != nil {
			out.copySums(same)
		} else if err := v.storedRollups(ctx, snapshot, p, out); err != nil {
			return err
		}
		if err := v.storedValues(ctx, snapshot, p, out); err != nil {
			return err
		}
		row := snapshot.QueryRowContext(ctx, `SELECT `+sumColumns+` FROM metric_totals WHERE partner = $1 AND campaign = $2`,
			v.m.db.key(p.partner), v.m.db.key(p.campaign))
		return missing(row.Scan(sumFields(&out.total)...), nil)
	})
	return out, err
}

func (s *sums) copySums(from *sums) {
	for k, c := range from.cells {
		if k.width != performance.Total {
			*s.at(k) = performance.Cell{Events: c.Events, Sums: c.Sums}
		}
	}
}

// storedRollups looks through all rows of the partner: their key has the
// campaign behind the time.
func (v Verify) storedRollups(ctx context.Context, q querier, p place, out *sums) error {
	rows, err := q.QueryContext(ctx, `SELECT width, start, channel, `+sumColumns+` FROM metric_rollups WHERE partner = $1 AND campaign = $2`,
		v.m.db.key(p.partner), v.m.db.key(p.campaign))
	if err != nil {
		return err
	}
	return eachRow(rows, func(rows *sql.Rows) error {
		var k sumKey
		var c performance.Cell
		if err := rows.Scan(append([]any{&k.width, &k.start, &k.channel}, sumFields(&c)...)...); err != nil {
			return err
		}
		if out.keeps(k) {
			*out.at(k) = c
		}
		return nil
	})
}

// keeps reports whether the store has to have a bucket. One of an unknown width
// it must not have, which is found by comparing.
func (s *sums) keeps(k sumKey) bool {
	return int(k.width) >= len(s.floors) || k.start >= s.floors[k.width]
}

// sumPrints read all sums of a partner once and reduce each campaign's to a
// number that does not depend on their order: whose is that of the log needs no
// second look. The memory is that of the campaigns' ids.
func (v Verify) sumPrints(ctx context.Context, partner uuid.UUID, seed maphash.Seed) (map[uuid.UUID]uint64, error) {
	floors, err := v.newSums(ctx, performance.Subject{})
	if err != nil {
		return nil, err
	}
	rows, err := v.m.db.reader.QueryContext(ctx, `SELECT campaign, width, start, channel, `+sumColumns+` FROM metric_rollups WHERE partner = $1`, v.m.db.key(partner))
	if err != nil {
		return nil, v.m.db.translate(err)
	}
	out := map[uuid.UUID]uint64{}
	var campaign uuid.UUID
	var k sumKey
	var c performance.Cell
	fields := append([]any{&campaign, &k.width, &k.start, &k.channel}, sumFields(&c)...)
	err = eachRow(rows, func(rows *sql.Rows) error {
		if err := rows.Scan(fields...); err != nil {
			return err
		}
		if floors.keeps(k) {
			out[campaign] += printOf(seed, k, &c)
		}
		return nil
	})
	return out, v.m.db.translate(err)
}

func printOf(seed maphash.Seed, k sumKey, c *performance.Cell) uint64 {
	if c.Events == 0 && c.Sums == (performance.Sums{}) {
		return 0 // as no row
	}
	return maphash.Comparable(seed, struct {
		sumKey
		events int64
		sums   performance.Sums
	}{k, c.Events, c.Sums})
}

// print is what sumPrints has for a campaign with these sums.
func (s *sums) print(seed maphash.Seed) (p uint64) {
	for k, c := range s.cells {
		if k.width != performance.Total {
			p += printOf(seed, k, c)
		}
	}
	return p
}

// storedValues reads every value, also those whose bucket has no row.
func (v Verify) storedValues(ctx context.Context, q querier, p place, out *sums) error {
	rows, err := q.QueryContext(ctx, `SELECT width, start, channel, name, at, value FROM metric_values
		WHERE partner = $1 AND campaign = $2 ORDER BY width, start, channel, name`, v.m.db.key(p.partner), v.m.db.key(p.campaign))
	if err != nil {
		return err
	}
	return eachRow(rows, func(rows *sql.Rows) error {
		var k sumKey
		var r rareValue
		var width int64
		if err := rows.Scan(&width, &k.start, &k.channel, &r.name, &r.at, &r.value); err != nil {
			return err
		}
		if width < 0 || width > int64(performance.Day) {
			return fmt.Errorf("metric_values has the width %d", width)
		}
		k.width = performance.Bucket(width)
		if k.width != performance.Total && k.start < out.floors[k.width] {
			return nil
		}
		return r.addTo(out.at(k))
	})
}

// differences compares column by column, in the order of width, start and
// channel.
func differences(want, stored *sums) (out []Difference) {
	keys := map[sumKey]struct{}{}
	for k := range want.cells {
		keys[k] = struct{}{}
	}
	for k := range stored.cells {
		keys[k] = struct{}{}
	}
	ordered := make([]sumKey, 0, len(keys))
	for k := range keys {
		ordered = append(ordered, k)
	}
	slices.SortFunc(ordered, func(a, b sumKey) int {
		return cmp.Or(cmp.Compare(a.width, b.width), cmp.Compare(a.start, b.start), cmp.Compare(a.channel, b.channel))
	})
	out = compareCells("total", &want.total, &stored.total)
	none := &performance.Cell{}
	for _, k := range ordered {
		w, s := want.cells[k], stored.cells[k]
		out = append(out, compareCells(want.name(k), cmp.Or(w, none), cmp.Or(s, none))...)
	}
	return out
}

func (s *sums) name(k sumKey) string {
	channel := "without channel"
	if k.channel != "" {
		channel = "channel " + strconv.Quote(k.channel)
	}
	switch k.width {
	case performance.Minute:
		return "minute " + moment(k.start).Format(time.RFC3339) + " " + channel
	case performance.Hour:
		return "hour " + moment(k.start).Format(time.RFC3339) + " " + channel
	case performance.Day:
		return "day " + localday.Day(k.start).String() + " " + channel
	}
	return "total " + channel
}

func compareCells(where string, want, stored *performance.Cell) (out []Difference) {
	a, b := columnsOf(want), columnsOf(stored)
	names := map[string]struct{}{}
	for name := range a {
		names[name] = struct{}{}
	}
	for name := range b {
		names[name] = struct{}{}
	}
	for name := range names {
		if a[name] != b[name] {
			out = append(out, Difference{Where: where, Column: name, Stored: cmp.Or(b[name], "missing"), True: cmp.Or(a[name], "missing")})
		}
	}
	slices.SortFunc(out, func(a, b Difference) int { return cmp.Compare(a.Column, b.Column) })
	return out
}

// columnsOf are a cell's figures by name. An empty cell has none, as a bucket
// without a row.
func columnsOf(c *performance.Cell) map[string]string {
	out := map[string]string{}
	number := func(v int64) string { return strconv.FormatInt(v, 10) }
	if c.Events != 0 || c.Sums != (performance.Sums{}) {
		out["events"] = number(c.Events)
		for m := range performance.Reach {
			out[m.String()] = number(c.Sums[m])
		}
	}
	for i, g := range c.Gauges {
		if name := (performance.Reach + performance.Metric(i)).String(); g.Set {
			out[name], out[name+".at"] = number(g.Value), number(g.At)
		}
	}
	for _, custom := range c.Custom {
		out[customPrefix+custom.Name] = number(custom.Value)
	}
	return out
}

// rebuild writes a campaign's cells anew, as taking the events in would have.
func (v Verify) rebuild(ctx context.Context, s performance.Subject, want *sums) error {
	part := &performance.Part{Subject: s}
	for k, c := range want.cells {
		if k.width != performance.Total {
			part.Rollups = append(part.Rollups, performance.Rollup{Bucket: k.width, Start: k.start, Channel: k.channel, Cell: *c})
		}
		part.Total.Merge(c) // only to say whether there is anything rare
	}
	p := &performance.PartnerPart{Partner: s.Partner, Parts: []*performance.Part{part}}
	return v.m.db.write(ctx, func(t *tx) error {
		key := []any{t.db.key(s.Partner), t.db.key(s.Campaign)}
		for width := performance.Minute; width <= performance.Day; width++ {
			if _, err := t.exec(ctx, `DELETE FROM metric_rollups WHERE partner = $1 AND campaign = $2 AND width = $3 AND start >= $4`, append(key, int64(width), want.floors[width])...); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, `DELETE FROM metric_rollups WHERE partner = $1 AND campaign = $2 AND width NOT BETWEEN 1 AND 3`, key...); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM metric_values WHERE partner = $1 AND campaign = $2`, key...); err != nil {
			return err
		}
		if err := t.addRollups(ctx, p); err != nil {
			return err
		}
		if err := t.addValues(ctx, p); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO metric_totals (partner, campaign, `+sumColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (partner, campaign) DO UPDATE SET events = excluded.events, impressions = excluded.impressions, clicks = excluded.clicks,
			conversions = excluded.conversions, leads = excluded.leads, spend = excluded.spend, revenue = excluded.revenue`, appendSums(key, &want.total)...)
		return err
	})
}
