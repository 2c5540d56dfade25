package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/platforms"
)

// PlatformRows implements platforms.RowStore.
type PlatformRows struct{ db *DB }

// PlatformRows returns the memory of what has been posted of platforms' rows.
func (db *DB) PlatformRows() PlatformRows { return PlatformRows{db} }

// noFigures is what is known of a row of which nothing has been posted.
var noFigures = figuresText(platforms.Figures{})

func figuresText(f platforms.Figures) string {
	return fmt.Sprintf("%d %d %d %d %d", f.Impressions, f.Clicks, f.Conversions, f.Spend, f.Revenue)
}

func readFigures(text string) (f platforms.Figures, err error) {
	_, err = fmt.Sscan(text, &f.Impressions, &f.Clicks, &f.Conversions, &f.Spend, &f.Revenue)
	return f, err
}

// keysInOrder keep two nodes from waiting for each other's rows crosswise.
func keysInOrder[V any](rows map[platforms.RowKey]V) []platforms.RowKey {
	keys := make([]platforms.RowKey, 0, len(rows))
	for key := range rows {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b platforms.RowKey) int { return bytes.Compare(a[:], b[:]) })
	return keys
}

// Reserve implements platforms.RowStore. Most rows of a pull have not changed:
// they are read, and only the others written.
func (s PlatformRows) Reserve(ctx context.Context, a platforms.Ref, rows map[platforms.RowKey]platforms.Reservation) (map[platforms.RowKey]platforms.Known, error) {
	known, same, err := s.unchanged(ctx, a, rows)
	if err != nil || len(same) == len(rows) {
		return known, s.db.translate(err)
	}
	b := bulk{
		into:  "platform_rows (partner, account, id, day, version, known, pending)",
		types: []string{"uuid", "uuid", "uuid", "bigint", "bigint", "text", "text"},
		tail: `ON CONFLICT (partner, account, id) DO UPDATE SET pending = CASE
			WHEN platform_rows.pending <> '' AND platform_rows.pending <> platform_rows.known THEN platform_rows.pending
			WHEN excluded.pending = platform_rows.known THEN ''
			ELSE excluded.pending END
			RETURNING id, version, known, pending`,
	}
	for _, key := range keysInOrder(rows) {
		if !same[key] {
			b.add([16]byte(a.Partner), [16]byte(a.ID), [16]byte(key), rows[key].Day, int64(0), noFigures, figuresText(rows[key].Figures))
		}
	}
	err = s.db.write(ctx, func(t *tx) error {
		again := b
		again.args = slices.Clone(b.args) // query changes them, and this may run twice
		return again.query(ctx, t, func(r *sql.Rows) error { return scanKnown(r, known) })
	})
	return known, err
}

// unchanged reads what is known of rows, and says which need no writing.
func (s PlatformRows) unchanged(ctx context.Context, a platforms.Ref, rows map[platforms.RowKey]platforms.Reservation) (known map[platforms.RowKey]platforms.Known, same map[platforms.RowKey]bool, err error) {
	known, same = map[platforms.RowKey]platforms.Known{}, map[platforms.RowKey]bool{}
	for some := range slices.Chunk(keysInOrder(rows), 500) {
		f := filter{db: s.db}
		f.add("partner = ?", s.db.key(a.Partner))
		f.add("account = ?", s.db.key(a.ID))
		args := make([]any, len(some))
		for i, key := range some {
			args[i] = s.db.key(key)
		}
		f.add("id IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
		found, err := s.db.reader.QueryContext(ctx, `SELECT id, version, known, pending FROM platform_rows`+f.where, f.args...)
		if err == nil {
			err = eachRow(found, func(r *sql.Rows) error { return scanKnown(r, known) })
		}
		if err != nil {
			return nil, nil, err
		}
	}
	for key, row := range rows {
		k := known[key] // of a row that is not there, nothing is known
		same[key] = k.Pending == nil && k.Figures == row.Figures
		if !same[key] {
			delete(same, key)
		}
	}
	return known, same, nil
}

func scanKnown(r scanner, into map[platforms.RowKey]platforms.Known) error {
	var key uuid.UUID
	var k platforms.Known
	var known, pending string
	err := r.Scan(&key, &k.Version, &known, &pending)
	if err == nil {
		k.Figures, err = readFigures(known)
	}
	if err == nil && pending != "" && pending != known {
		var figures platforms.Figures
		figures, err = readFigures(pending)
		k.Pending = &figures
	}
	into[key] = k
	return err
}

// Settle implements platforms.RowStore.
func (s PlatformRows) Settle(ctx context.Context, a platforms.Ref, versions map[platforms.RowKey]int64) error {
	return s.finish(ctx, a, versions, "known = platform_rows.pending, version = platform_rows.version + 1, pending = ''")
}

// Drop implements platforms.RowStore.
func (s PlatformRows) Drop(ctx context.Context, a platforms.Ref, versions map[platforms.RowKey]int64) error {
	return s.finish(ctx, a, versions, "pending = ''")
}

// finish changes rows that have something pending and are at these versions: by
// the conflict of an insert, which is one statement for many rows.
func (s PlatformRows) finish(ctx context.Context, a platforms.Ref, versions map[platforms.RowKey]int64, set string) error {
	b := bulk{
		into:  "platform_rows (partner, account, id, day, version, known, pending)",
		types: []string{"uuid", "uuid", "uuid", "bigint", "bigint", "text", "text"},
		tail:  "ON CONFLICT (partner, account, id) DO UPDATE SET " + set + " WHERE platform_rows.version = excluded.version AND platform_rows.pending <> ''",
	}
	for _, key := range keysInOrder(versions) {
		b.add([16]byte(a.Partner), [16]byte(a.ID), [16]byte(key), int64(0), versions[key], noFigures, "")
	}
	return s.db.write(ctx, func(t *tx) error {
		again := b
		again.args = slices.Clone(b.args) // exec changes them, and this may run twice
		_, err := again.exec(ctx, t)
		return err
	})
}

// Forget implements platforms.RowStore.
func (s PlatformRows) Forget(ctx context.Context, a platforms.Ref, before int64) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM platform_rows WHERE partner = $1 AND account = $2 AND day < $3`, s.db.key(a.Partner), s.db.key(a.ID), before)
		return err
	})
}
