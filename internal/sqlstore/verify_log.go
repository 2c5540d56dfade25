package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/chunk"
)

// Log checks that a partner's log has no gap, that its recorded_at never goes
// back, and that its head is its last entry.
func (v Verify) Log(ctx context.Context, partner uuid.UUID) error {
	rows, err := v.m.db.reader.QueryContext(ctx, `SELECT seq, recorded_at FROM events WHERE partner = $1 ORDER BY seq`, v.m.db.key(partner))
	if err != nil {
		return v.m.db.translate(err)
	}
	report := func(where, column string, stored, want int64) {
		v.Report(Difference{Check: "log", Partner: partner, Where: where, Column: column,
			Stored: strconv.FormatInt(stored, 10), True: strconv.FormatInt(want, 10)})
	}
	var seq, last int64
	err = eachRow(rows, func(rows *sql.Rows) error {
		var s, at int64
		if err := rows.Scan(&s, &at); err != nil {
			return err
		}
		if s != seq+1 {
			report(fmt.Sprintf("entry after %d", seq), "seq", s, seq+1)
		}
		if at < last {
			report(fmt.Sprintf("entry %d", s), "recorded_at, at the least", at, last)
		}
		seq, last = s, max(last, at)
		return nil
	})
	if err != nil {
		return v.m.db.translate(err)
	}
	head, err := v.m.db.Log().Head(ctx, partner)
	if err == nil && head != seq {
		report("head", "seq", head, seq)
	}
	return err
}

// Chunks reads every chunk of a partner's campaigns and says which are damaged.
func (v Verify) Chunks(ctx context.Context, partner uuid.UUID) error {
	return v.eachCampaign(ctx, partner, func(s performance.Subject) error {
		return v.eachChunk(ctx, s, func(where, column, stored, want string) {
			v.Report(Difference{Check: "chunks", Partner: partner, Campaign: s.Campaign, Where: where, Column: column, Stored: stored, True: want})
		})
	})
}

// damaged reports whether a campaign's log can no longer be replayed whole.
func (v Verify) damaged(ctx context.Context, s performance.Subject) (bad bool, err error) {
	err = v.eachChunk(ctx, s, func(_, _, _, _ string) { bad = true })
	return bad, err
}

// eachChunk decodes the chunks of commits, and the blocks they were merged to,
// one by one, so that damage is named and limited to where it is.
func (v Verify) eachChunk(ctx context.Context, s performance.Subject, bad func(where, column, stored, want string)) error {
	key := []any{v.m.db.key(s.Partner), v.m.db.key(s.Campaign)}
	rows, err := v.m.db.reader.QueryContext(ctx, `SELECT recorded_at, events, first_at, last_at, body FROM metric_chunks
		WHERE partner = $1 AND campaign = $2 ORDER BY recorded_at`, key...)
	if err != nil {
		return v.m.db.translate(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var at int64
		var b block
		if err := rows.Scan(&at, &b.events, &b.firstAt, &b.lastAt, &b.body); err != nil {
			return err
		}
		where := "commit " + moment(at).Format("2006-01-02T15:04:05.000000Z")
		events, err := chunk.Decode(b.body, s.Campaign)
		if err != nil {
			bad(where, "body", err.Error(), "whole")
			return nil
		}
		if int64(len(events)) != b.events || events[0].OccurredAt != b.firstAt || events[len(events)-1].OccurredAt != b.lastAt {
			bad(where, "events and times of the row", fmt.Sprintf("%d from %d to %d", b.events, b.firstAt, b.lastAt),
				fmt.Sprintf("%d from %d to %d", len(events), events[0].OccurredAt, events[len(events)-1].OccurredAt))
		}
		return nil
	})
	if err != nil {
		return v.m.db.translate(err)
	}
	rows, err = v.m.db.reader.QueryContext(ctx, `SELECT b.run, b.part, b.known_from, b.known_to, b.first_at, b.last_at, b.events, b.channels, b.breakdowns, coalesce(m.body, b.channels)
		FROM metric_blocks b LEFT JOIN metric_bodies m ON m.partner = b.partner AND m.campaign = b.campaign AND m.run = b.run AND m.part = b.part
		WHERE b.partner = $1 AND b.campaign = $2 ORDER BY b.run, b.part`, key...)
	if err != nil {
		return v.m.db.translate(err)
	}
	return v.m.db.translate(eachRow(rows, func(rows *sql.Rows) error {
		var k blockKey
		var b block
		if err := rows.Scan(&k.run, &k.part, &b.knownFrom, &b.knownTo, &b.firstAt, &b.lastAt, &b.events, &b.channels, &b.breakdowns, &b.body); err != nil {
			return err
		}
		checkBlock(&b, s.Campaign, func(column, stored string) {
			bad(fmt.Sprintf("run %d, block %d", k.run, k.part), column, stored, "whole")
		})
		return nil
	}))
}

func checkBlock(b *block, campaign uuid.UUID, bad func(column, stored string)) {
	events, recordedAt, err := chunk.DecodeMerged(b.body, campaign)
	if err != nil {
		bad("body", err.Error())
		return
	}
	if int64(len(events)) != b.events || events[0].OccurredAt != b.firstAt || events[len(events)-1].OccurredAt != b.lastAt ||
		slices.Min(recordedAt) != b.knownFrom || slices.Max(recordedAt) != b.knownTo {
		bad("row", "about other events than its body")
	}
	pointers := make([]*performance.Event, len(events))
	for i := range events {
		pointers[i] = &events[i]
	}
	channels, breakdowns := chunk.Digest(pointers)
	if !bytes.Equal(channels, b.channels) || !bytes.Equal(breakdowns, b.breakdowns) {
		bad("digest", "another than that of its events")
	}
}

// idsAtOnce is how many ids are looked up together.
const idsAtOnce = 1000

// IDs checks that every event of the log is remembered by its id, or it would
// be counted again when it is sent again.
func (v Verify) IDs(ctx context.Context, partner uuid.UUID) error {
	return v.eachCampaign(ctx, partner, func(s performance.Subject) error {
		damaged, err := v.damaged(ctx, s)
		if err != nil || damaged {
			return err
		}
		c := idCheck{v: v, s: s, prints: map[performance.Key]uint32{}, names: map[performance.Key]string{}}
		err = v.m.Replay(ctx, s.Partner, s.Campaign, performance.Everything, 0, func(_ int64, events []performance.Event) error {
			for i := range events {
				if err := c.add(ctx, &events[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return c.look(ctx)
	})
}

type idCheck struct {
	v       Verify
	s       performance.Subject
	prints  map[performance.Key]uint32
	names   map[performance.Key]string
	scratch []byte
}

func (c *idCheck) add(ctx context.Context, e *performance.Event) error {
	key := performance.KeyOf(e.ID)
	c.prints[key], c.scratch = performance.Fingerprint(e, c.scratch)
	c.names[key] = e.ID
	if len(c.prints) < idsAtOnce {
		return nil
	}
	return c.look(ctx)
}

func (c *idCheck) look(ctx context.Context) error {
	keys := make([]performance.Key, 0, len(c.prints))
	for key := range c.prints {
		keys = append(keys, key)
	}
	known, err := c.v.m.Known(ctx, c.s.Partner, keys)
	if err != nil {
		return err
	}
	for _, key := range keys {
		print, ok := known[key]
		if ok && print == c.prints[key] {
			continue
		}
		d := Difference{Check: "ids", Partner: c.s.Partner, Campaign: c.s.Campaign, Where: "event " + strconv.Quote(c.names[key]),
			Column: "print", Stored: "missing", True: strconv.FormatUint(uint64(c.prints[key]), 10)}
		if ok {
			d.Stored = strconv.FormatUint(uint64(print), 10)
		} else if c.v.Repair {
			if err := c.v.remember(ctx, c.s.Partner, key, c.prints[key]); err != nil {
				return err
			}
			d.Repaired = true
		}
		c.v.Report(d)
	}
	clear(c.prints)
	clear(c.names)
	return nil
}

func (v Verify) remember(ctx context.Context, partner uuid.UUID, key performance.Key, print uint32) error {
	ref, err := v.m.ref(ctx, partner)
	if err != nil {
		return err
	}
	return v.m.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO metric_ids (partner, id, print) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			ref, t.db.key(uuid.UUID(key)), int64(int32(print)))
		return err
	})
}

// Spend checks that what budgets have settled, less the refunds they keep, is
// what was reported, recorded by its id and committed of reservations.
func (v Verify) Spend(ctx context.Context, partner uuid.UUID) error {
	db := v.m.db
	rows, err := db.reader.QueryContext(ctx, `SELECT b.id, CAST(coalesce(t.spend, 0)
			+ coalesce((SELECT sum(s.amount) FROM budget_spends s WHERE s.partner = b.partner AND s.budget = b.id), 0)
			+ coalesce((SELECT sum(r.committed) FROM budget_reservations r WHERE r.budget = b.id), 0) AS BIGINT)
		FROM budgets b LEFT JOIN metric_totals t ON t.partner = b.partner AND t.campaign = b.campaign
		WHERE b.partner = $1 ORDER BY b.campaign`, db.key(partner))
	if err != nil {
		return db.translate(err)
	}
	type spent struct {
		budget uuid.UUID
		amount int64
	}
	all, err := collect(rows, func(row scanner) (s spent, err error) {
		err = row.Scan(&s.budget, &s.amount)
		return s, err
	})
	if err != nil {
		return db.translate(err)
	}
	for _, s := range all {
		b, err := db.Budgets().find(ctx, db.reader, db.one(partner, "id", s.budget), "")
		if err != nil {
			return db.translate(err)
		}
		if state := b.State(); state.Settled-state.Credit != s.amount {
			v.Report(Difference{Check: "spend", Partner: partner, Campaign: state.Campaign, Where: "budget", Column: "settled",
				Stored: strconv.FormatInt(state.Settled-state.Credit, 10), True: strconv.FormatInt(s.amount, 10)})
		}
	}
	return nil
}
