package sqlstore

import (
	"context"
	"database/sql"
	"sync"
)

// statements keeps the write transactions' statements prepared on SQLite's one
// writing connection, where preparing costs as much as running. A statement is
// prepared after the transaction that first used it: during one, the
// connection is taken. It is pgx's own business on PostgreSQL.
type statements struct {
	mu    sync.Mutex
	ready map[string]*sql.Stmt
}

// maxStatements bounds what is kept; texts are few, unless one is built from
// what a client sends.
const maxStatements = 256

// of returns the statement, or nil when it is not prepared yet.
func (s *statements) of(query string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready[query]
}

// prepare gets statements ready for the transactions to come. It waits for the
// connection, and so without the lock, which whoever has the connection needs.
// A statement that cannot be prepared is prepared by each transaction, which
// then reports why.
func (s *statements) prepare(on *sql.DB, queries []string) {
	for _, query := range queries {
		if s.of(query) != nil {
			continue
		}
		stmt, err := on.PrepareContext(context.Background(), query)
		if err == nil {
			s.keep(query, stmt)
		}
	}
}

// keep closes a statement that there is no room or no need for.
func (s *statements) keep(query string, stmt *sql.Stmt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready[query] != nil || len(s.ready) >= maxStatements {
		_ = stmt.Close()
		return
	}
	if s.ready == nil {
		s.ready = map[string]*sql.Stmt{}
	}
	s.ready[query] = stmt
}
