package sqlstore

import (
	"database/sql"
	"fmt"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
)

const (
	usualPage = 50
	maxPage   = 500
)

// errCursor refuses a cursor that no page has given.
var errCursor = fault.New(fault.Malformed, "invalid_cursor", "The cursor is not one that a page has given.",
	"Send next_cursor exactly as it came, or nothing to begin.")

func pageSize(limit int) int {
	if limit <= 0 {
		return usualPage
	}
	return min(limit, maxPage)
}

// parseCursor reads a cursor, the id of a page's last item. Ids do not move, so
// a page stays right while rows are inserted.
func parseCursor(cursor string) (uuid.UUID, error) {
	if cursor == "" {
		return uuid.Nil, nil
	}
	id, err := uuid.Parse(cursor)
	if err != nil {
		return uuid.Nil, errCursor
	}
	return id, nil
}

// cut drops the extra row that was read to know whether there is a next page.
func cut[T any](items []T, limit int, id func(T) uuid.UUID) ([]T, string) {
	if len(items) <= limit {
		return items, ""
	}
	items = items[:limit]
	return items, id(items[limit-1]).String()
}

// limited ends a query that returns at most n rows.
func limited(n int) string { return fmt.Sprintf(" LIMIT %d", n) }

// scanner is a row, or rows at their present one.
type scanner interface{ Scan(...any) error }

// collect reads all rows and closes them.
func collect[T any](rows *sql.Rows, scan func(scanner) (T, error)) ([]T, error) {
	defer func() { _ = rows.Close() }()
	var items []T
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, rows.Err()
}
