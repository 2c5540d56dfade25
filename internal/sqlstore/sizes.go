package sqlstore

import (
	"context"
	"database/sql"
)

// Sizes is what the store takes on disk, in bytes.
type Sizes struct {
	Total  int64 // whole; empty pages that wait for new rows included
	Empty  int64 // of those pages; not known of PostgreSQL
	Tables map[string]int64
}

// Sizes measures the store. On SQLite it reads every page, which takes a while.
func (db *DB) Sizes(ctx context.Context) (Sizes, error) {
	s := Sizes{Tables: map[string]int64{}}
	total, tables := `SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size),
			(SELECT freelist_count FROM pragma_freelist_count) * (SELECT page_size FROM pragma_page_size)`,
		`SELECT coalesce(m.tbl_name, s.name), sum(s.pgsize) FROM dbstat s LEFT JOIN sqlite_master m ON m.name = s.name GROUP BY 1`
	if db.name == postgresDialect.name {
		total = `SELECT pg_database_size(current_database()), 0`
		tables = `SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`
	}
	if err := db.reader.QueryRowContext(ctx, total).Scan(&s.Total, &s.Empty); err != nil {
		return s, db.translate(err)
	}
	rows, err := db.reader.QueryContext(ctx, tables)
	if err != nil {
		return s, db.translate(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var name string
		var bytes int64
		err := rows.Scan(&name, &bytes)
		s.Tables[name] = bytes
		return err
	})
	return s, db.translate(err)
}
