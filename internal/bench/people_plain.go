package bench

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the "sqlite" driver
)

// PlainPeople is the plainest way to keep audiences: a row for each identifier
// of each audience, with its hash as the key.
type PlainPeople struct {
	Members    int     `json:"members"`
	Other      int     `json:"other"` // of the second audience
	Rows       float64 `json:"rows_per_second"`
	PerPerson  float64 `json:"bytes_per_person"`
	JoinMillis float64 `json:"join_ms"` // how many are in both
}

// plainMost bounds the baseline: its pace only falls with more rows.
const plainMost = 1_000_000

// plainBatch is how many rows a transaction has, as in a part of an upload.
const plainBatch = 16_384

// RowPerIdentifier measures the plainest way in an SQLite file in dir, without
// HTTP: the same email addresses, hashed, in transactions as large as ours.
func RowPerIdentifier(ctx context.Context, dir string, members int) (PlainPeople, error) {
	p := PlainPeople{Members: min(members, plainMost)}
	p.Other = max(p.Members/10, 1)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "plain.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return p, err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `CREATE TABLE members (audience INTEGER, hash BLOB, PRIMARY KEY (audience, hash)) WITHOUT ROWID`); err != nil {
		return p, err
	}
	start := time.Now()
	if err := insertPeople(ctx, db, 0, 0, p.Members); err != nil {
		return p, err
	}
	p.Rows = float64(p.Members) / time.Since(start).Seconds()
	var pages, size int64
	if err := db.QueryRowContext(ctx, `SELECT (SELECT page_count FROM pragma_page_count), (SELECT page_size FROM pragma_page_size)`).Scan(&pages, &size); err != nil {
		return p, err
	}
	p.PerPerson = float64(pages*size) / float64(p.Members)
	if err := insertPeople(ctx, db, 1, p.Members-p.Other/2, p.Other); err != nil {
		return p, err
	}
	start = time.Now()
	var both int
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM members a JOIN members b ON b.audience = 0 AND b.hash = a.hash WHERE a.audience = 1`).Scan(&both)
	p.JoinMillis = float64(time.Since(start).Microseconds()) / 1000
	return p, err
}

func insertPeople(ctx context.Context, db *sql.DB, audience, from, count int) error {
	for to := from + count; from < to; from += plainBatch {
		if err := insertBatch(ctx, db, audience, from, min(to, from+plainBatch)); err != nil {
			return err
		}
	}
	return nil
}

func insertBatch(ctx context.Context, db *sql.DB, audience, from, to int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after the commit it does nothing
	insert, err := tx.PrepareContext(ctx, `INSERT INTO members (audience, hash) VALUES (?, ?) ON CONFLICT DO NOTHING`)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	for ; from < to; from++ {
		hash := sha256.Sum256(fmt.Appendf(nil, "person.%d@example.com", from))
		if _, err := insert.ExecContext(ctx, audience, hash[:]); err != nil {
			return err
		}
	}
	return tx.Commit()
}
