package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the "sqlite" driver
)

// Config says where the data lives.
type Config struct {
	// URL is postgres://... for PostgreSQL. Anything else is the folder of the
	// embedded SQLite store, made when it is missing.
	URL string
	// Now is the clock behind recorded_at; nil means time.Now. It may step
	// backwards: recorded_at still strictly increases for each partner.
	Now func() time.Time
	// MaxConns bounds the connections to PostgreSQL; 0 means 16.
	MaxConns int
}

// DB is an open store. It is safe for concurrent use.
type DB struct {
	dialect
	writer *sql.DB // SQLite: one connection, so that writers queue in Go
	reader *sql.DB
	folder *folder // SQLite: keeps other processes out
	now    func() time.Time
	steady func() time.Time // does not step, and is the same on every node; reservations expire by it

	// reached tells a test that a write transaction has come to one of points.
	reached func(point string)

	statements statements
	metricRefs sync.Map     // partner → short number, once it is committed
	peopleHeld sync.Map     // partner → chan struct{}: who writes its people on this node
	minutes    atomic.Int64 // floor of the minutes, or a value below it
	full       atomic.Bool  // the last write found no room

	mu      sync.Mutex
	changed chan struct{} // closed at the next commit that appends events
}

// FileName is the embedded store's file inside its folder.
const FileName = "campaignd.db"

// Open connects to the store and brings its schema up to date.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	db := &DB{now: cfg.Now, changed: make(chan struct{})}
	db.minutes.Store(math.MinInt64)
	if db.now == nil {
		db.now = time.Now
	}
	open := db.openSQLite
	if strings.HasPrefix(cfg.URL, "postgres://") || strings.HasPrefix(cfg.URL, "postgresql://") {
		open = db.openPostgres
	}
	if err := open(cfg); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate %s: %w", db.name, err), db.Close())
	}
	if err := db.steadyClock(ctx, cfg.Now); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := db.freePeople(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("end holds of people: %w", err), db.Close())
	}
	if err := db.adoptBudgets(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("begin the ledgers: %w", err), db.Close())
	}
	return db, nil
}

func (db *DB) openSQLite(cfg Config) error {
	db.dialect = sqliteDialect
	if err := os.MkdirAll(cfg.URL, 0o750); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	var err error
	if db.folder, err = takeFolder(cfg.URL); err != nil {
		return err
	}
	pragmas := url.Values{
		// busy_timeout comes first: switching to WAL may have to wait.
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "cache_size(-65536)", "temp_store(MEMORY)", "wal_autocheckpoint(4000)"},
		"_txlock": {"immediate"},
	}
	file := filepath.Join(cfg.URL, FileName)
	// Room can be given back (see reclaim) only by a file that was made for it.
	vacuum := url.Values{"_pragma": slices.Insert(slices.Clone(pragmas["_pragma"]), 1, "auto_vacuum(INCREMENTAL)"), "_txlock": pragmas["_txlock"]}
	if db.writer, err = sql.Open("sqlite", fileDSN(file, vacuum)); err != nil {
		return err
	}
	db.writer.SetMaxOpenConns(1)
	pragmas.Set("_txlock", "deferred")
	pragmas.Set("_query_only", "1")
	if db.reader, err = sql.Open("sqlite", fileDSN(file, pragmas)); err != nil {
		return err
	}
	readers := max(4, runtime.GOMAXPROCS(0)*2)
	db.reader.SetMaxOpenConns(readers)
	db.reader.SetMaxIdleConns(readers) // each has a cache that is worth keeping
	return nil
}

func (db *DB) openPostgres(cfg Config) error {
	db.dialect = postgresDialect
	settings, err := pgx.ParseConfig(cfg.URL)
	if err != nil {
		return err
	}
	// A node that is stopped in the midst of a transaction holds its locks. The
	// server ends it, and what it goes on to commit fails.
	settings.RuntimeParams["idle_in_transaction_session_timeout"] = "5s"
	// Statements are prepared while tables are empty, when reading all of one
	// looks cheap, and stay so until it is analysed. On what databases are kept
	// on today, a page out of order costs little more than the next.
	if settings.RuntimeParams["random_page_cost"] == "" {
		settings.RuntimeParams["random_page_cost"] = "1.1"
	}
	pool := stdlib.OpenDB(*settings)
	conns := cfg.MaxConns
	if conns == 0 {
		conns = 16
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	db.writer, db.reader = pool, pool
	return nil
}

// Engine is "sqlite" or "postgres".
func (db *DB) Engine() string { return db.name }

// Ping reports whether the store answers; readiness rests on it.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	return db.translate(db.reader.QueryRowContext(ctx, "SELECT 1").Scan(&one))
}

// Room fails while there is no room to write: reading still works, and every
// write is refused.
func (db *DB) Room(context.Context) error {
	if db.full.Load() {
		return errFull
	}
	return nil
}

// Close waits for running statements and closes the store.
func (db *DB) Close() error {
	var failures []error
	if db.reader != nil && db.reader != db.writer {
		failures = append(failures, db.reader.Close())
	}
	if db.writer != nil {
		failures = append(failures, db.writer.Close())
	}
	if db.folder != nil { // last: until then the file is ours
		failures = append(failures, db.folder.Close())
	}
	return errors.Join(failures...)
}

// Changed returns a channel that is closed at the next commit on this node
// that appends events. Other nodes' commits are found by polling.
func (db *DB) Changed() <-chan struct{} {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.changed
}

func (db *DB) signal() {
	db.mu.Lock()
	defer db.mu.Unlock()
	close(db.changed)
	db.changed = make(chan struct{})
}

// micros is how a moment is stored.
func micros(t time.Time) int64 { return t.UnixMicro() }

// moment reads a stored moment back, in UTC.
func moment(us int64) time.Time { return time.UnixMicro(us).UTC() }
