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
// run again, so what runs inside must be repeatable.
package sqlstore
