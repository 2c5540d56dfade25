package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// bulk inserts many rows with few statements: on PostgreSQL one statement over
// an array for each column, on SQLite blocks of rows.
type bulk struct {
	into   string   // table and columns: "metric_ids (partner, id, print)"
	shared []any    // the values of the first columns where every row has the same
	types  []string // PostgreSQL's type of each other column
	tail   string   // ON CONFLICT and RETURNING
	args   []any    // row by row; an id is a [16]byte
}

// add appends one row, without what is shared.
func (b *bulk) add(values ...any) { b.args = append(b.args, values...) }

func (b *bulk) rows() int { return len(b.args) / len(b.types) }

// exec inserts the rows and returns how many were changed.
func (b *bulk) exec(ctx context.Context, t *tx) (changed int64, err error) {
	err = b.each(t, func(query string, args []any) error {
		result, err := t.exec(ctx, query, args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		changed += n
		return err
	})
	return changed, err
}

// query is exec for a tail with RETURNING: scan is called for every row.
func (b *bulk) query(ctx context.Context, t *tx, scan func(*sql.Rows) error) error {
	return b.each(t, func(query string, args []any) error {
		rows, err := t.query(ctx, query, args...)
		if err != nil {
			return err
		}
		return eachRow(rows, scan)
	})
}

func eachRow(rows *sql.Rows, scan func(*sql.Rows) error) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (b *bulk) each(t *tx, run func(query string, args []any) error) error {
	if len(b.args) == 0 {
		return nil
	}
	if t.db.name == postgresDialect.name {
		return run(b.overArrays(), b.columns())
	}
	return b.inBlocks(run)
}

// overArrays is INSERT INTO ... SELECT * FROM unnest($1::uuid[], ...) ....
func (b *bulk) overArrays() string {
	var before strings.Builder
	for i, value := range b.shared {
		fmt.Fprintf(&before, "$%d::%s, ", i+1, typeOf(value))
	}
	arrays := make([]string, len(b.types))
	for i, name := range b.types {
		arrays[i] = fmt.Sprintf("$%d::%s[]", len(b.shared)+i+1, name)
	}
	return "INSERT INTO " + b.into + " SELECT " + before.String() + "rows.* FROM unnest(" + strings.Join(arrays, ", ") + ") AS rows " + b.tail
}

// typeOf is PostgreSQL's type of a shared value.
func typeOf(value any) string {
	if _, ok := value.([16]byte); ok {
		return "uuid"
	}
	return "bigint"
}

// columns turns the rows into one array for each column, after what is shared.
func (b *bulk) columns() []any {
	columns := slices.Clone(b.shared)
	for c, name := range b.types {
		switch name {
		case "uuid":
			columns = append(columns, column[[16]byte](b, c))
		case "text":
			columns = append(columns, column[string](b, c))
		case "bytea":
			columns = append(columns, column[[]byte](b, c))
		default:
			columns = append(columns, column[int64](b, c))
		}
	}
	return columns
}

func column[T any](b *bulk, c int) []T {
	out := make([]T, 0, b.rows())
	for i := c; i < len(b.args); i += len(b.types) {
		out = append(out, b.args[i].(T))
	}
	return out
}

// blockSizes are how many rows a statement of SQLite has: few different texts,
// so that each is prepared once, and few statements for any number of rows.
var blockSizes = []int{128, 32, 8, 1}

func (b *bulk) inBlocks(run func(query string, args []any) error) error {
	asBytes(b.shared)
	asBytes(b.args)
	rest := b.args
	var block []any
	for _, size := range blockSizes {
		n := size * len(b.types)
		if len(rest) < n {
			continue
		}
		query := b.ofRows(size)
		for ; len(rest) >= n; rest = rest[n:] {
			args := rest[:n]
			if len(b.shared) > 0 {
				block = append(append(block[:0], b.shared...), args...)
				args = block
			}
			if err := run(query, args); err != nil {
				return err
			}
		}
	}
	return nil
}

// asBytes turns ids into what SQLite keeps.
func asBytes(values []any) {
	for i, value := range values {
		if id, ok := value.([16]byte); ok {
			values[i] = id[:]
		}
	}
}

// ofRows is INSERT INTO ... VALUES (?1,?,?),(?1,?,?) ...: a plain ? is the next
// after all before it, so that what is shared is bound once.
func (b *bulk) ofRows(rows int) string {
	var row strings.Builder
	for i := range b.shared {
		fmt.Fprintf(&row, "?%d,", i+1)
	}
	row.WriteString(strings.Repeat("?,", len(b.types)))
	one := "(" + strings.TrimSuffix(row.String(), ",") + "),"
	return "INSERT INTO " + b.into + " VALUES " + strings.TrimSuffix(strings.Repeat(one, rows), ",") + " " + b.tail
}
