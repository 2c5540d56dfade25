package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/internal/relay"
	"github.com/hexabuilders/campaignd/internal/testenv"
)

// note appends one event to a partner's log.
func note(ctx context.Context, db *DB, partner uuid.UUID, data noted) error {
	var rec event.Recorder
	rec.Record("thing", partner, 1, noon, event.Origin{Partner: partner}, data)
	events := rec.Pull()
	return db.write(ctx, func(x *tx) error {
		x.append(events...)
		return nil
	})
}

// wantsUnavailable checks what a client is told, and how soon.
func wantsUnavailable(t *testing.T, began time.Time, err error) {
	t.Helper()
	f := fault.As(err)
	if f == nil || f.Kind != fault.Unavailable || f.RetryAfter <= 0 || f.Fix == "" {
		t.Errorf("got %v, want an error of kind Unavailable that says when to try again", err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("the answer took %v", took)
	}
}

// TestADatabaseThatIsGoneForAWhile stops PostgreSQL under writers and
// consumers. Until it is back every call is answered soon; then everything goes
// on without a restart, and what was acknowledged is there.
func TestADatabaseThatIsGoneForAWhile(t *testing.T) {
	cluster := testenv.NewCluster(t)
	db := open(t, cluster.Database(t))
	partner := newID()
	followed, led := newReader(), newReader()
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { _ = relay.Follow(ctx, db.Log(), followed.handle) })
	group.Go(func() {
		l := relay.Leader{Log: db.Log(), Leases: db.Leases(), Cursors: db.Log(), Node: "a"}
		_ = l.Lead(ctx, "outage", led.handle)
	})
	followed.begin(t, db)
	var acked, refused atomic.Int64
	writers, endWriters := context.WithCancel(ctx)
	for range 4 {
		group.Go(func() {
			for writers.Err() == nil {
				began := time.Now()
				switch err := note(ctx, db, partner, noted{}); {
				case err == nil:
					acked.Add(1)
				default:
					refused.Add(1)
					wantsUnavailable(t, began, err)
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	until(t, "the first writes", func() bool { return acked.Load() > 20 })
	cluster.Stop(t)
	until(t, "a refusal", func() bool { return refused.Load() > 20 })
	began := time.Now()
	_, err := db.Campaigns().Get(t.Context(), partner, partner)
	wantsUnavailable(t, began, err)
	wantsUnavailable(t, time.Now(), db.Ping(t.Context()))
	before := acked.Load()
	cluster.Start(t)
	until(t, "writes after it is back", func() bool { return acked.Load() > before+20 })
	endWriters()
	checkOutage(t, db, partner, &acked, followed, led)
	stop()
	group.Wait()
}

// checkOutage: the log has every acknowledged event, and perhaps a few whose
// answer was lost, and both consumers come to its end.
func checkOutage(t *testing.T, db *DB, partner uuid.UUID, acked *atomic.Int64, consumers ...*reader) {
	t.Helper()
	head := func() int64 {
		heads, err := db.Log().Heads(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return heads[partner]
	}
	for _, c := range consumers {
		until(t, "a consumer", func() bool { return c.next(partner) > head() })
		if c.skipped > 0 { // repeating is allowed: the cursor may not have been saved
			t.Errorf("a consumer skipped %d times", c.skipped)
		}
	}
	if lost := acked.Load() - head(); lost > 0 {
		t.Errorf("%d acknowledged events are lost", lost)
	}
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", what)
		}
	}
}

// TestABusyPoolIsAnsweredInTime: a caller that gets no connection is answered
// soon, too.
func TestABusyPoolIsAnsweredInTime(t *testing.T) {
	db, err := Open(t.Context(), Config{URL: testenv.Postgres(t), MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	taken, err := db.writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	wantsUnavailable(t, began, note(t.Context(), db, newID(), noted{}))
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	if err := note(t.Context(), db, newID(), noted{}); err != nil {
		t.Errorf("after the pool had room again: %v", err)
	}
}

// TestACancelledCallerIsNotToldOfAnOutage: who hangs up is not the database.
func TestACancelledCallerIsNotToldOfAnOutage(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := note(ctx, db, newID(), noted{}); fault.KindOf(err) == fault.Unavailable {
			t.Errorf("got %v", err)
		}
	})
}

// TestAFullDiskRefusesWritesAndGoesOnWhenThereIsRoom bounds the file's pages,
// which SQLite reports as a full disk.
func TestAFullDiskRefusesWritesAndGoesOnWhenThereIsRoom(t *testing.T) {
	db, partner := open(t, t.TempDir()), newID()
	if err := note(t.Context(), db, partner, noted{1}); err != nil {
		t.Fatal(err)
	}
	limitPages(t, db, 1) // which SQLite raises to the present size
	var err error
	for n := 2; err == nil && n < 10_000; n++ {
		err = note(t.Context(), db, partner, noted{n})
	}
	wantsUnavailable(t, time.Now(), err)
	if f := fault.As(err); f == nil || f.Code != "storage_full" {
		t.Errorf("got %v, want storage_full", err)
	}
	if db.Room(t.Context()) == nil {
		t.Error("whoever asks for the store's health is not told")
	}
	before, err := db.Log().Read(t.Context(), partner, 0, 10_000)
	if err != nil || len(before) == 0 {
		t.Fatalf("reading: %d events, %v", len(before), err)
	}
	limitPages(t, db, 1<<30)
	if err := note(t.Context(), db, partner, noted{0}); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	if err := db.Room(t.Context()); err != nil {
		t.Errorf("with room again the store says %v", err)
	}
	after, err := db.Log().Read(t.Context(), partner, 0, 10_000)
	if err != nil || len(after) != len(before)+1 {
		t.Fatalf("%d events, then %d, %v", len(before), len(after), err)
	}
}

func limitPages(t *testing.T, db *DB, pages int) {
	t.Helper()
	if _, err := db.writer.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
		t.Fatal(err)
	}
}

// TestALockedFileIsAnOutage has another program hold SQLite's lock, as a backup
// tool may that does not use SQLite's own backup.
func TestALockedFileIsAnOutage(t *testing.T) {
	folder := t.TempDir()
	db := open(t, folder)
	if _, err := db.writer.ExecContext(t.Context(), "PRAGMA busy_timeout = 50"); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", fileDSN(filepath.Join(folder, FileName), url.Values{"_txlock": {"immediate"}}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	held, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	wantsUnavailable(t, time.Now(), note(t.Context(), db, newID(), noted{}))
	if _, err := db.Log().Heads(t.Context()); err != nil {
		t.Errorf("reading must go on: %v", err)
	}
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := note(t.Context(), db, newID(), noted{}); err != nil {
		t.Errorf("after the lock was gone: %v", err)
	}
}

// TestARefusedStatementIsNoOutage: a bug of ours must not be reported as
// something that passes.
func TestARefusedStatementIsNoOutage(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		for _, statement := range []string{"no such statement", "INSERT INTO log_heads (partner) VALUES (NULL)"} {
			err := db.write(t.Context(), func(x *tx) error {
				_, err := x.exec(t.Context(), statement)
				return err
			})
			if err == nil || fault.As(err) != nil {
				t.Errorf("%s: got %v, want an internal error", statement, err)
			}
		}
		err := db.write(t.Context(), func(*tx) error { return fmt.Errorf("while at it: %w", errUndone) })
		if fault.As(err) != nil {
			t.Errorf("got %v", err)
		}
	})
}
