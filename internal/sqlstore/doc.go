// Package sqlstore keeps everything durable, on SQLite (embedded, the default)
// or PostgreSQL, behind the ports that the domain packages declare.
//
// One text of SQL serves both engines; what differs stands in dialect.go. Ids
// are 16 bytes, times are int64 microseconds since 1970 UTC, money is int64
// micros, and whole aggregates are JSON beside the columns that queries need.
//
// # Transactions
//
// Every change runs in write: the aggregate's row is locked, changed and
// written with its revision checked, and the events it recorded are appended
// in the same transaction. Appending takes the row lock of the partner's log
// head, always as the last locks of a transaction and in the order of partner
// ids, and holds it until the commit. That gives each partner one sequence
// without gaps in the order in which commits become visible, and a
// recorded_at that strictly increases with it, on one node or many, whatever
// the clocks do. Commits of one partner wait for each other, which is why the
// hot paths gather many requests into one transaction.
//
// A transaction that PostgreSQL ends as a deadlock or serialisation failure is
// run again, so what runs inside must be repeatable. It must not call the store
// either: SQLite has one writer, and the call would wait for its own caller.
//
// # Tenancy
//
// Every statement is bound to the partner of the caller, and another partner's
// row is as a missing one. uuid.Nil is the administrator's and finds every
// partner's; the services decide who may use it.
//
// # When the database does not answer
//
// The caller is told so within 2 seconds by an error of kind
// fault.Unavailable that says when to try again, and the next call tries anew:
// nothing has to be restarted. A full disk refuses writes and goes on reading.
//
// # The data folder and its backup
//
// The folder of the embedded store belongs to one process, which holds
// campaignd.lock while it runs. Its data is campaignd.db with campaignd.db-wal,
// and copying the two files of a running store may tear them apart: use
// SQLite's own backup (sqlite3 campaignd.db ".backup copy.db", or VACUUM INTO),
// which reads one consistent state while writers go on, or copy the folder of a
// stopped one. On PostgreSQL pg_dump does the same. Whatever is taken is a
// prefix of every partner's log, with the state that belongs to it, because
// both are written in one transaction.
package sqlstore
