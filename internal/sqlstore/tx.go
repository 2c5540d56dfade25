package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

var (
	// errUnavailable is what a client sees while the store cannot be reached.
	// A commit whose answer was lost may have been made, so it promises nothing.
	errUnavailable = fault.New(fault.Unavailable, "store_unavailable",
		"The database does not answer.",
		"Send the same request again after the time in Retry-After; with its Idempotency-Key or If-Match it has effect once.").After(time.Second)

	// errFull is what a client sees while there is no room to write.
	errFull = fault.New(fault.Unavailable, "storage_full",
		"The disk of the database is full; nothing was changed, and reading still works.",
		"Tell the operators; send the same request again once there is room.").After(5 * time.Second)
)

// translate turns an engine's failure into one that the callers know.
func (db *DB) translate(err error) error {
	if err == nil || fault.As(err) != nil {
		return err
	}
	switch {
	case isFull(err):
		return errFull.Wrap(err)
	case isUnreachable(err):
		return errUnavailable.Wrap(err)
	}
	return err
}

// tx is one write transaction and the events it will append at its end.
type tx struct {
	*sql.Tx
	db       *DB
	pending  []event.Event
	lines    map[uuid.UUID][]ledger.Line // partner → what its ledger is to get
	ends     map[uuid.UUID]ledger.Head   // partner → the end of its ledger, once its head is locked
	stmts    map[string]*sql.Stmt
	stamps   map[uuid.UUID]int64 // partner → recorded_at, once its head is locked
	seqs     map[uuid.UUID]int64 // partner → seq of the last event appended
	appended bool

	unprepared []string // statements worth keeping prepared
}

// The points of a write transaction at which a process may end: each leaves all
// of it or nothing.
const (
	begun     = "begun"
	changed   = "changed"   // what it is for is written, its events and the ledger are not
	flushed   = "flushed"   // everything is written
	committed = "committed" // and durable, but nobody has been told
)

func (db *DB) at(point string) {
	if db.reached != nil {
		db.reached(point)
	}
}

const maxTries = 8

// write runs fn in a write transaction and appends the events it collected.
// When it returns nil the change is durable. fn may run more than once.
func (db *DB) write(ctx context.Context, fn func(*tx) error) error {
	for try := 1; ; try++ {
		err := db.writeOnce(ctx, fn)
		if err == nil || try == maxTries || !isRepeatable(err) {
			db.roomy(err)
			return db.translate(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(try) * 5 * time.Millisecond):
		}
	}
}

// roomy notes what a write tells of the disk: one that failed for another reason
// tells nothing.
func (db *DB) roomy(err error) {
	if err == nil || isFull(err) {
		db.full.Store(err != nil)
	}
}

func (db *DB) writeOnce(ctx context.Context, fn func(*tx) error) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	raw, err := db.begin(ctx, end)
	if err != nil {
		return err
	}
	t := &tx{Tx: raw, db: db, stmts: map[string]*sql.Stmt{}, stamps: map[uuid.UUID]int64{}, seqs: map[uuid.UUID]int64{}, lines: map[uuid.UUID][]ledger.Line{}, ends: map[uuid.UUID]ledger.Head{}}
	defer func() { _ = raw.Rollback() }() // does nothing after a commit
	db.at(begun)
	if err := fn(t); err != nil {
		return err
	}
	db.at(changed)
	if err := t.flush(ctx); err != nil {
		return err
	}
	db.at(flushed)
	if err := raw.Commit(); err != nil {
		return err
	}
	db.at(committed)
	db.statements.prepare(db.writer, t.unprepared)
	if t.appended {
		db.signal()
	}
	return nil
}

// patience is how long a transaction waits for a connection and the server's
// first word. Whoever called is better off with an answer to try again.
const patience = 1500 * time.Millisecond

var errSilent = fmt.Errorf("no answer from the database in %v", patience)

// begin opens a transaction that lives as long as ctx, which end ends. SQLite
// is in this process, and its writers queue for each other: there it waits as
// long as the caller does.
func (db *DB) begin(ctx context.Context, end context.CancelCauseFunc) (*sql.Tx, error) {
	if db.name == postgresDialect.name {
		defer time.AfterFunc(patience, func() { end(errSilent) }).Stop()
	}
	raw, err := db.writer.BeginTx(ctx, nil)
	if err != nil && errors.Is(context.Cause(ctx), errSilent) {
		return nil, errUnavailable.Wrap(errSilent)
	}
	return raw, err
}

// read runs fn on one consistent snapshot.
func (db *DB) read(ctx context.Context, fn func(*sql.Tx) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if db.name == postgresDialect.name {
		opts.Isolation = sql.LevelRepeatableRead
	}
	raw, err := db.reader.BeginTx(ctx, opts)
	if err != nil {
		return db.translate(err)
	}
	defer func() { _ = raw.Rollback() }()
	return db.translate(fn(raw))
}

// exec runs a statement, prepared once a transaction on SQLite (pgx keeps its
// own prepared statements).
func (t *tx) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if t.db.name == postgresDialect.name {
		return t.ExecContext(ctx, query, args...)
	}
	stmt, err := t.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// queryRow is exec for a statement that returns one row.
func (t *tx) queryRow(ctx context.Context, query string, args ...any) *sql.Row {
	if t.db.name == postgresDialect.name {
		return t.QueryRowContext(ctx, query, args...)
	}
	stmt, err := t.prepared(ctx, query)
	if err != nil {
		return t.QueryRowContext(ctx, query, args...) // its Scan reports the error
	}
	return stmt.QueryRowContext(ctx, args...)
}

// query is exec for a statement that returns rows.
func (t *tx) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if t.db.name == postgresDialect.name {
		return t.QueryContext(ctx, query, args...)
	}
	stmt, err := t.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// prepared is the statement within this transaction.
func (t *tx) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := t.stmts[query]; ok {
		return s, nil
	}
	if ready := t.db.statements.of(query); ready != nil {
		t.stmts[query] = t.StmtContext(ctx, ready)
		return t.stmts[query], nil
	}
	s, err := t.PrepareContext(ctx, query)
	if err == nil {
		t.stmts[query] = s
		t.unprepared = append(t.unprepared, query)
	}
	return s, err
}

// append adds events to what this transaction will write at its end.
func (t *tx) append(events ...event.Event) { t.pending = append(t.pending, events...) }

// stamp locks the partners' log heads, in the one order that cannot deadlock,
// and returns the recorded_at of this commit for each. It must come after
// every other lock the transaction takes.
func (t *tx) stamp(ctx context.Context, partners ...uuid.UUID) error {
	slices.SortFunc(partners, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for _, p := range slices.Compact(partners) {
		if _, done := t.stamps[p]; done {
			continue
		}
		var at, seq int64
		var hash []byte
		err := t.queryRow(ctx, `INSERT INTO log_heads (partner, seq, recorded_at) VALUES ($1, 0, $2)
			ON CONFLICT (partner) DO UPDATE SET recorded_at = CASE
				WHEN excluded.recorded_at > log_heads.recorded_at THEN excluded.recorded_at
				ELSE log_heads.recorded_at + 1 END
			RETURNING recorded_at, ledger_seq, ledger_hash`, t.db.key(p), micros(t.db.now())).Scan(&at, &seq, &hash)
		if err != nil {
			return fmt.Errorf("lock the log head: %w", err)
		}
		t.stamps[p] = at
		t.ends[p] = ledger.Head{Seq: seq, Hash: hashOf(hash)}
	}
	return nil
}

// flush appends the pending events to their partners' logs, and the pending
// lines to their ledgers.
func (t *tx) flush(ctx context.Context) error {
	byPartner := map[uuid.UUID][]event.Event{}
	for _, e := range t.pending {
		byPartner[e.Partner] = append(byPartner[e.Partner], e)
	}
	partners := slices.Collect(maps.Keys(byPartner))
	for p := range t.lines {
		if byPartner[p] == nil {
			partners = append(partners, p)
		}
	}
	if err := t.stamp(ctx, partners...); err != nil {
		return err
	}
	for _, p := range partners {
		if err := t.writeLedger(ctx, p); err != nil {
			return err
		}
		if err := t.appendTo(ctx, p, byPartner[p]); err != nil {
			return err
		}
	}
	t.appended = t.appended || len(t.pending) > 0
	t.pending = nil
	clear(t.lines)
	return nil
}

func (t *tx) appendTo(ctx context.Context, partner uuid.UUID, events []event.Event) error {
	var seq int64
	end := t.ends[partner]
	err := t.queryRow(ctx, `UPDATE log_heads SET seq = seq + $2, ledger_seq = $3, ledger_hash = $4 WHERE partner = $1 RETURNING seq`,
		t.db.key(partner), len(events), end.Seq, storedHash(end)).Scan(&seq)
	if err != nil {
		return fmt.Errorf("advance the log head: %w", err)
	}
	t.seqs[partner] = seq
	seq -= int64(len(events))
	for _, e := range events {
		seq++
		origin, err := json.Marshal(e.Origin)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO events
			(partner, seq, id, type, aggregate, aggregate_id, revision, occurred_at, recorded_at, origin, data)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			t.db.key(partner), seq, t.db.key(e.ID), e.Type, e.Aggregate, t.db.key(e.AggregateID), e.Revision,
			micros(e.OccurredAt), t.stamps[partner], string(origin), string(e.Data))
		if err != nil {
			return fmt.Errorf("append %s: %w", e.Type, err)
		}
	}
	return nil
}

// missing turns an absent row into the caller's sentinel.
func missing(err, sentinel error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return sentinel
	}
	return err
}
