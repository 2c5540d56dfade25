package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// Verify compares what is derived with what it is derived from: it replays the
// log of a campaign and adds it up anew. Nobody may write meanwhile.
type Verify struct {
	m      Metrics
	Repair bool // put right what can be derived again
	Report func(Difference)
}

// Verify returns what campaignd verify works with.
func (db *DB) Verify(repair bool, report func(Difference)) Verify {
	return Verify{db.Metrics(), repair, report}
}

// Difference is one figure that is not what the log says.
type Difference struct {
	Check    string    `json:"check"`
	Partner  uuid.UUID `json:"partner_id"`
	Campaign uuid.UUID `json:"campaign_id,omitzero"`
	Where    string    `json:"where"` // such as "hour 2026-01-05T10:00:00Z channel search"
	Column   string    `json:"column"`
	Stored   string    `json:"stored"`
	True     string    `json:"true"`
	Repaired bool      `json:"repaired"`
}

// String is the line for a person.
func (d Difference) String() string {
	line := fmt.Sprintf("%s: partner %s", d.Check, d.Partner)
	if d.Campaign != uuid.Nil {
		line += fmt.Sprintf(" campaign %s", d.Campaign)
	}
	line += fmt.Sprintf(": %s: %s is %s, and must be %s", d.Where, d.Column, d.Stored, d.True)
	if d.Repaired {
		line += " (repaired)"
	}
	return line
}

// Partners lists those that have a log.
func (v Verify) Partners(ctx context.Context) ([]uuid.UUID, error) {
	heads, err := v.m.db.Log().Heads(ctx)
	var out []uuid.UUID
	for partner := range heads {
		out = append(out, partner)
	}
	slices.SortFunc(out, func(a, b uuid.UUID) int { return cmp.Compare(a.String(), b.String()) })
	return out, err
}

// Sums compares the sums by minute, hour and day, the totals and the values of
// every campaign of a partner. Its memory is that of one campaign's sums. Of a
// campaign whose chunks are damaged the sums are the only trace of what was in
// them: they are neither judged nor touched.
func (v Verify) Sums(ctx context.Context, partner uuid.UUID) error {
	return v.eachCampaign(ctx, partner, func(s performance.Subject) error {
		damaged, err := v.damaged(ctx, s)
		if err != nil || damaged {
			return err
		}
		want, err := v.replayed(ctx, s)
		if err != nil {
			return err
		}
		stored, err := v.stored(ctx, s)
		if err != nil {
			return err
		}
		found := differences(want, stored)
		if len(found) > 0 && v.Repair {
			if err := v.rebuild(ctx, s, want); err != nil {
				return fmt.Errorf("rebuild campaign %s: %w", s.Campaign, err)
			}
		}
		for _, d := range found {
			d.Check, d.Partner, d.Campaign, d.Repaired = "sums", s.Partner, s.Campaign, v.Repair
			v.Report(d)
		}
		return nil
	})
}

func (v Verify) eachCampaign(ctx context.Context, partner uuid.UUID, do func(performance.Subject) error) error {
	ids, err := v.m.Delivering(ctx, partner)
	if err != nil {
		return err
	}
	for _, id := range ids {
		found, err := v.m.Subjects(ctx, partner, []uuid.UUID{id})
		if err != nil {
			return err
		}
		s, ok := found[id]
		if !ok {
			v.Report(Difference{Check: "campaigns", Partner: partner, Campaign: id, Where: "events", Column: "campaign", Stored: "missing", True: "present"})
			continue
		}
		if err := do(s); err != nil {
			return err
		}
	}
	return nil
}

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

// replayed adds the whole log of a campaign up.
func (v Verify) replayed(ctx context.Context, subject performance.Subject) (*sums, error) {
	out, err := v.newSums(ctx, subject)
	if err != nil {
		return nil, err
	}
	err = v.m.Replay(ctx, subject.Partner, subject.Campaign, performance.Everything, 0, func(_ int64, events []performance.Event) error {
		for i := range events {
			out.add(&events[i])
		}
		return nil
	})
	return out, err
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

// stored reads the same cells as they stand in the store.
func (v Verify) stored(ctx context.Context, subject performance.Subject) (*sums, error) {
	out, err := v.newSums(ctx, subject)
	if err != nil {
		return nil, err
	}
	p := place{subject.Partner, subject.Campaign}
	err = v.m.db.read(ctx, func(snapshot *sql.Tx) error {
		for width := performance.Minute; width <= performance.Day; width++ {
			rollups, err := v.m.rollups(ctx, snapshot, p, width, out.floors[width], 1<<61)
			if err != nil {
				return err
			}
			for _, r := range rollups {
				r.Gauges, r.Custom = [performance.NumGauges]performance.Gauge{}, nil
				*out.at(sumKey{width, r.Start, r.Channel}) = r.Cell
			}
		}
		if err := v.storedValues(ctx, snapshot, p, out); err != nil {
			return err
		}
		row := snapshot.QueryRowContext(ctx, `SELECT `+sumColumns+` FROM metric_totals WHERE partner = $1 AND campaign = $2`,
			v.m.db.key(p.partner), v.m.db.key(p.campaign))
		return row.Scan(sumFields(&out.total)...)
	})
	return out, err
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
		if _, err := t.exec(ctx, `DELETE FROM metric_values WHERE partner = $1 AND campaign = $2`, key...); err != nil {
			return err
		}
		if err := t.addRollups(ctx, p); err != nil {
			return err
		}
		if err := t.addValues(ctx, p); err != nil {
			return err
		}
		_, err := t.exec(ctx, `UPDATE metric_totals SET events = $3, impressions = $4, clicks = $5, conversions = $6, leads = $7, spend = $8, revenue = $9
			WHERE partner = $1 AND campaign = $2`, appendSums(key, &want.total)...)
		return err
	})
}
