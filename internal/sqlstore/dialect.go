package sqlstore

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect holds the facts in which the two engines differ.
type dialect struct {
	name      string // as goose and drivers call it
	forUpdate string // locks the selected rows until the commit
	clustered string // ends a table definition whose rows lie in key order
	byBytes   string // makes a text sort by its bytes, whatever the database's language
	json      string // makes a text readable as JSON
	lists     string // whether a list, a member %s of the JSON in state, has the text ?
	labels    string // the labels in state, as rows of value
}

var (
	// SQLite has one writer at a time, so a selected row is locked already.
	sqliteDialect = dialect{
		name: "sqlite", clustered: "WITHOUT ROWID",
		lists:  "EXISTS (SELECT 1 FROM json_each(state, '$.%s') WHERE value = ?)",
		labels: "json_each(state, '$.labels')",
	}
	postgresDialect = dialect{
		name: "postgres", forUpdate: " FOR UPDATE", byBytes: ` COLLATE "C"`, json: "::jsonb",
		lists:  "state::jsonb -> '%s' @> to_jsonb(?::text)",
		labels: "jsonb_array_elements_text(CASE jsonb_typeof(state::jsonb -> 'labels') WHEN 'array' THEN state::jsonb -> 'labels' ELSE '[]' END) AS value",
	}
)

// key is how an id is passed to the engine: 16 bytes on SQLite, a uuid on
// PostgreSQL. Both scan back into a uuid.UUID.
func (d dialect) key(id uuid.UUID) any {
	if d.name == sqliteDialect.name {
		return id[:]
	}
	return id.String()
}

// isUnique reports whether err is a unique or primary key violation.
func isUnique(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// isBusy reports whether another connection holds SQLite's lock.
func isBusy(err error) bool {
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_BUSY
}

// isRepeatable reports whether the engine ended the transaction for reasons
// that do not lie in it, so that running it again can succeed.
func isRepeatable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// isFull reports whether the engine has no room to write.
func isFull(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "53100"
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_FULL
}

// isUnreachable reports whether the engine cannot be reached, as against having
// refused the statement.
func isUnreachable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		class := pg.Code[:2]
		return class == "08" || class == "53" || class == "57" || class == "58"
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
			return true
		}
		return false
	}
	var connect *pgconn.ConnectError
	var netErr net.Error
	return errors.As(err, &connect) || errors.As(err, &netErr) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, driver.ErrBadConn) || pgconn.SafeToRetry(err)
}
