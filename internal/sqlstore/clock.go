package sqlstore

import (
	"context"
	"time"
)

// steadyClock sets the clock that money is held by. It starts from the store's
// time, the server's on PostgreSQL, so that nodes whose clocks differ agree,
// and goes on by this process's monotonic time, so that a clock that is set
// neither frees money early nor holds it longer. given is a test's.
func (db *DB) steadyClock(ctx context.Context, given func() time.Time) error {
	if given != nil {
		db.steady = given
		return nil
	}
	base := time.Now()
	if db.name == postgresDialect.name {
		var server time.Time
		if err := db.reader.QueryRowContext(ctx, `SELECT clock_timestamp()`).Scan(&server); err != nil {
			return db.translate(err)
		}
		base = base.Add(time.Until(server)) // keeps the monotonic reading
	}
	db.steady = func() time.Time { return base.Add(time.Since(base)) }
	return nil
}

// Steady is the clock that reservations are made and expire by.
func (db *DB) Steady() time.Time { return db.steady() }
