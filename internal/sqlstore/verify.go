package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"

	"github.com/google/uuid"

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

// metricsCheck is the verification of one partner's metrics.
type metricsCheck struct {
	Verify
	partner  uuid.UUID
	seed     maphash.Seed
	prints   map[uuid.UUID]uint64 // of the stored sums of campaigns not yet looked at
	ids      idCheck
	lost     int64                 // events that damaged chunks held
	doubtful []performance.Subject // whose total counts other events than the log
}

// Metrics reads every event of a partner once, from the chunks and the blocks
// themselves, and compares with them their heads, the ids that are remembered,
// and the sums by minute, hour and day, the totals and the values of every
// campaign. Its memory is that of the sums of one campaign.
//
// Where events are damaged, missing or there twice, the sums are a trace of what
// was in the log: they are neither judged nor touched.
func (v Verify) Metrics(ctx context.Context, partner uuid.UUID) error {
	c := &metricsCheck{Verify: v, partner: partner, seed: maphash.MakeSeed()}
	var err error
	if c.prints, err = v.sumPrints(ctx, partner, c.seed); err != nil {
		return err
	}
	if c.ids, err = v.remembered(ctx, partner, c.seed); err != nil {
		return err
	}
	subjects, err := c.subjects(ctx)
	if err != nil {
		return err
	}
	for _, s := range subjects {
		if err := c.campaign(ctx, s); err != nil {
			return fmt.Errorf("campaign %s: %w", s.Campaign, err)
		}
	}
	sound, err := c.compareIDs(ctx, subjects)
	if err != nil {
		return err
	}
	return c.settleDoubts(ctx, sound)
}

// subjects are the campaigns that have anything at all, in the order of ids.
func (c *metricsCheck) subjects(ctx context.Context) (out []performance.Subject, err error) {
	rows, err := c.m.db.reader.QueryContext(ctx, `SELECT campaign FROM metric_totals WHERE partner = $1
		UNION SELECT campaign FROM metric_chunks WHERE partner = $1
		UNION SELECT campaign FROM metric_blocks WHERE partner = $1
		UNION SELECT campaign FROM metric_bodies WHERE partner = $1`, c.m.db.key(c.partner))
	if err != nil {
		return nil, c.m.db.translate(err)
	}
	var ids []uuid.UUID
	err = eachRow(rows, func(rows *sql.Rows) error {
		var id uuid.UUID
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, c.m.db.translate(err)
	}
	for id := range c.prints {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, compareIDs)
	for _, id := range slices.Compact(ids) {
		found, err := c.m.Subjects(ctx, c.partner, []uuid.UUID{id})
		if err != nil {
			return nil, err
		}
		s, ok := found[id]
		if !ok {
			c.Report(Difference{Check: "campaigns", Partner: c.partner, Campaign: id, Where: "events", Column: "campaign", Stored: "missing", True: "present"})
			continue
		}
		out = append(out, s)
	}
	return out, nil
}

// campaign reads a campaign's events, and judges its sums when there is no
// doubt about the log.
func (c *metricsCheck) campaign(ctx context.Context, s performance.Subject) error {
	want, err := c.newSums(ctx, s)
	if err != nil {
		return err
	}
	w := walk{Verify: c.Verify, s: s, report: true, each: func(e *performance.Event) {
		want.add(e)
		c.ids.inLog(e)
	}}
	if err := w.run(ctx); err != nil {
		return err
	}
	c.lost += w.lost
	if w.damaged {
		return nil
	}
	var counted int64
	err = c.m.db.reader.QueryRowContext(ctx, `SELECT events FROM metric_totals WHERE partner = $1 AND campaign = $2`,
		c.m.db.key(s.Partner), c.m.db.key(s.Campaign)).Scan(&counted)
	if err = missing(err, nil); err != nil {
		return c.m.db.translate(err)
	}
	if counted != want.total.Events {
		c.doubtful = append(c.doubtful, s)
		return nil
	}
	return c.judge(ctx, s, want)
}

// judge compares a campaign's sums with those of its log.
func (c *metricsCheck) judge(ctx context.Context, s performance.Subject, want *sums) error {
	same := want
	if c.prints[s.Campaign] != want.print(c.seed) {
		same = nil
	}
	stored, err := c.stored(ctx, s, same)
	if err != nil {
		return err
	}
	found := differences(want, stored)
	if len(found) > 0 && c.Repair {
		if err := c.rebuild(ctx, s, want); err != nil {
			return fmt.Errorf("rebuild: %w", err)
		}
	}
	for _, d := range found {
		d.Check, d.Partner, d.Campaign, d.Repaired = "sums", s.Partner, s.Campaign, c.Repair
		c.Report(d)
	}
	return nil
}

// settleDoubts looks again at the campaigns whose total counts other events
// than the log has. When the ids say that the log is whole the total is wrong;
// otherwise the log is.
func (c *metricsCheck) settleDoubts(ctx context.Context, sound bool) error {
	for _, s := range c.doubtful {
		want, err := c.newSums(ctx, s)
		if err != nil {
			return err
		}
		w := walk{Verify: c.Verify, s: s, each: want.add}
		if err := w.run(ctx); err != nil {
			return err
		}
		if sound {
			if err := c.judge(ctx, s, want); err != nil {
				return err
			}
			continue
		}
		stored, err := c.stored(ctx, s, want)
		if err != nil {
			return err
		}
		c.Report(Difference{Check: "chunks", Partner: s.Partner, Campaign: s.Campaign, Where: "log", Column: "events",
			Stored: strconv.FormatInt(want.total.Events, 10), True: strconv.FormatInt(stored.total.Events, 10)})
	}
	return nil
}
