package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/chunk"
)

// walk reads the events of a campaign from the bodies of its chunks and blocks,
// whatever their rows say, one by one, so that damage is named and limited to
// where it is. What is beside a body follows from it, and is put right.
type walk struct {
	Verify
	s       performance.Subject
	report  bool
	each    func(*performance.Event)
	damaged bool  // some events cannot be read
	lost    int64 // how many those are, as far as their rows say
}

func (w *walk) run(ctx context.Context) error {
	if err := w.chunks(ctx); err != nil {
		return w.m.db.translate(err)
	}
	bodiless, err := w.bodiless(ctx)
	if err == nil {
		err = w.blocks(ctx, bodiless)
	}
	return w.m.db.translate(err)
}

func (w *walk) key() []any { return []any{w.m.db.key(w.s.Partner), w.m.db.key(w.s.Campaign)} }

// bad reports what is beside a body, or the body itself.
func (w *walk) bad(where, column, stored, want string, repaired bool) {
	if w.report {
		w.Report(Difference{Check: "chunks", Partner: w.s.Partner, Campaign: w.s.Campaign, Where: where, Column: column, Stored: stored, True: want, Repaired: repaired})
	}
}

// gone reports events that cannot be read.
func (w *walk) gone(where, column, stored, want string, events int64) {
	w.damaged = true
	w.lost += events
	w.bad(where, column, stored, want, false)
}

func (w *walk) chunks(ctx context.Context) error {
	rows, err := w.m.db.reader.QueryContext(ctx, `SELECT recorded_at, events, first_at, last_at, body FROM metric_chunks
		WHERE partner = $1 AND campaign = $2 ORDER BY recorded_at`, w.key()...)
	if err != nil {
		return err
	}
	return eachRow(rows, func(rows *sql.Rows) error {
		var at int64
		var stored block
		if err := rows.Scan(&at, &stored.events, &stored.firstAt, &stored.lastAt, &stored.body); err != nil {
			return err
		}
		where := "commit " + moment(at).Format("2006-01-02T15:04:05.000000Z")
		events, err := chunk.Decode(stored.body, w.s.Campaign)
		if err != nil {
			w.gone(where, "body", err.Error(), "whole", stored.events)
			return nil
		}
		head := chunk.Summarize(w.handOn(events))
		want := block{events: int64(head.Count), firstAt: head.First, lastAt: head.Last}
		if !w.compareHeads(where, &stored, &want) || !w.Repair {
			return nil
		}
		return w.m.db.write(ctx, func(t *tx) error {
			_, err := t.exec(ctx, `UPDATE metric_chunks SET events = $4, first_at = $5, last_at = $6 WHERE partner = $1 AND campaign = $2 AND recorded_at = $3`,
				append(w.key(), at, want.events, want.firstAt, want.lastAt)...)
			return err
		})
	})
}

func (w *walk) handOn(events []performance.Event) []*performance.Event {
	pointers := make([]*performance.Event, len(events))
	for i := range events {
		pointers[i] = &events[i]
		w.each(&events[i])
	}
	return pointers
}

// compareHeads reports each column of a row that is not what its body says.
func (w *walk) compareHeads(where string, stored, want *block) (differ bool) {
	for _, column := range []struct {
		name         string
		stored, want int64
	}{
		{"known_from", stored.knownFrom, want.knownFrom}, {"known_to", stored.knownTo, want.knownTo},
		{"first_at", stored.firstAt, want.firstAt}, {"last_at", stored.lastAt, want.lastAt}, {"events", stored.events, want.events},
	} {
		if column.stored != column.want {
			differ = true
			w.bad(where, column.name, strconv.FormatInt(column.stored, 10), strconv.FormatInt(column.want, 10), w.Repair)
		}
	}
	for _, column := range []struct {
		name         string
		stored, want []byte
		same         func(a, b []byte) bool
	}{
		{"channels", stored.channels, want.channels, bytes.Equal}, {"breakdowns", stored.breakdowns, want.breakdowns, chunk.SameBreakdowns},
	} {
		if !column.same(column.stored, column.want) {
			differ = true
			w.bad(where, column.name, shortHex(column.stored), shortHex(column.want), w.Repair)
		}
	}
	return differ
}

// shortHex names a digest by its length and the checksum that it begins with.
func shortHex(b []byte) string {
	return fmt.Sprintf("%d bytes %s", len(b), hex.EncodeToString(b[:min(4, len(b))]))
}

// bodiless reports the blocks whose row is there without a body.
func (w *walk) bodiless(ctx context.Context) (map[blockKey]bool, error) {
	rows, err := w.m.db.reader.QueryContext(ctx, `SELECT b.run, b.part, b.events FROM metric_blocks b
		LEFT JOIN metric_bodies m ON m.partner = b.partner AND m.campaign = b.campaign AND m.run = b.run AND m.part = b.part
		WHERE b.partner = $1 AND b.campaign = $2 AND m.part IS NULL ORDER BY b.run, b.part`, w.key()...)
	if err != nil {
		return nil, err
	}
	found := map[blockKey]bool{}
	return found, eachRow(rows, func(rows *sql.Rows) error {
		var k blockKey
		var events int64
		if err := rows.Scan(&k.run, &k.part, &events); err != nil {
			return err
		}
		found[k] = true
		w.gone(k.name(), "body", "missing", "present", events)
		return nil
	})
}

func (k blockKey) name() string { return fmt.Sprintf("run %d, block %d", k.run, k.part) }

func (w *walk) blocks(ctx context.Context, bodiless map[blockKey]bool) error {
	rows, err := w.m.db.reader.QueryContext(ctx, `SELECT m.run, m.part, m.body, b.part IS NOT NULL, coalesce(b.known_from, 0), coalesce(b.known_to, 0),
			coalesce(b.first_at, 0), coalesce(b.last_at, 0), coalesce(b.events, 0), b.channels, b.breakdowns FROM metric_bodies m
		LEFT JOIN metric_blocks b ON b.partner = m.partner AND b.campaign = m.campaign AND b.run = m.run AND b.part = m.part
		WHERE m.partner = $1 AND m.campaign = $2 ORDER BY m.run, m.part`, w.key()...)
	if err != nil {
		return err
	}
	var next blockKey
	return eachRow(rows, func(rows *sql.Rows) error {
		var k blockKey
		var stored block
		var headed bool
		if err := rows.Scan(&k.run, &k.part, &stored.body, &headed, &stored.knownFrom, &stored.knownTo, &stored.firstAt, &stored.lastAt,
			&stored.events, &stored.channels, &stored.breakdowns); err != nil {
			return err
		}
		if k.run != next.run {
			next = blockKey{run: k.run}
		}
		for ; next.part < k.part; next.part++ { // the parts of a run have no gap
			if !bodiless[next] {
				w.gone(next.name(), "block", "missing", "present", 0)
			}
		}
		next.part++
		return w.block(ctx, k, &stored, headed)
	})
}

// block decodes one block, and compares and mends its row.
func (w *walk) block(ctx context.Context, k blockKey, stored *block, headed bool) error {
	events, recordedAt, err := chunk.Append(nil, stored.body, w.s.Campaign)
	if err == nil && len(recordedAt) == 0 {
		err = errRow
	}
	if err != nil {
		w.gone(k.name(), "body", err.Error(), "whole", stored.events)
		return nil
	}
	want := headOf(w.handOn(events), recordedAt)
	differ := !headed
	if headed {
		differ = w.compareHeads(k.name(), stored, &want)
	} else {
		w.bad(k.name(), "row", "missing", "present", w.Repair)
	}
	if !differ || !w.Repair {
		return nil
	}
	return w.m.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO metric_blocks (partner, campaign, run, part, known_from, known_to, first_at, last_at, events, channels, breakdowns)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			ON CONFLICT (partner, campaign, run, part) DO UPDATE SET known_from = excluded.known_from, known_to = excluded.known_to,
			first_at = excluded.first_at, last_at = excluded.last_at, events = excluded.events, channels = excluded.channels, breakdowns = excluded.breakdowns`,
			append(w.key(), k.run, k.part, want.knownFrom, want.knownTo, want.firstAt, want.lastAt, want.events, want.channels, want.breakdowns)...)
		return err
	})
}
