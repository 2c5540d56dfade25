package ledger

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Query asks for entries, the newest first. Only the lines that are wanted are
// shown, and entries without any are left out.
type Query struct {
	Campaign uuid.UUID // uuid.Nil: all
	Channel  string    // "": all
	Kinds    []Kind    // any of them; none: all
	From, To time.Time // of RecordedAt, half-open; zero: open
	Before   int64     // entries before this number; 0: from the newest
	Limit    int       // 0: 50
}

// Narrow leaves the wanted lines in the entry and reports whether there are any.
func (q *Query) Narrow(e *Entry) bool {
	e.Lines = slices.DeleteFunc(e.Lines, func(l Line) bool {
		return q.Campaign != uuid.Nil && l.Campaign != q.Campaign || q.Channel != "" && l.Channel != q.Channel ||
			len(q.Kinds) > 0 && !slices.Contains(q.Kinds, l.Kind)
	})
	return len(e.Lines) > 0
}
