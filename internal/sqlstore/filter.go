package sqlstore

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// filter collects the conditions of a query and their arguments.
type filter struct {
	db    *DB
	where string
	args  []any
}

// add appends a condition; each ? in it stands for one argument.
func (f *filter) add(condition string, args ...any) {
	join := " AND "
	if f.where == "" {
		join = " WHERE "
	}
	f.where += join
	for _, r := range condition {
		if r != '?' {
			f.where += string(r)
			continue
		}
		f.args = append(f.args, args[0])
		args = args[1:]
		f.where += fmt.Sprintf("$%d", len(f.args))
	}
}

// of binds the query to a partner; uuid.Nil is an administrator's and finds
// every partner's.
func (f *filter) of(partner uuid.UUID) {
	if partner != uuid.Nil {
		f.add("partner = ?", f.db.key(partner))
	}
}

// one is the filter for one row of a partner by an id column.
func (db *DB) one(partner uuid.UUID, column string, id uuid.UUID) filter {
	f := filter{db: db}
	f.add(column+" = ?", db.key(id))
	f.of(partner)
	return f
}

// inState keeps what is in a state as of now, any when state is empty. What is
// still open past its time has expired, though nothing has written that down.
// The open state is a word of ours and stands in the text, so that an index
// over what is open serves.
func (f *filter) inState(column, state, open string, now time.Time) {
	isOpen := column + " = '" + open + "'"
	switch state {
	case "":
	case open:
		f.add(isOpen+" AND expires_at > ?", micros(now))
	case "expired":
		f.add("("+column+" = 'expired' OR "+isOpen+" AND expires_at <= ?)", micros(now))
	default:
		f.add(column+" = ?", state)
	}
}

// before keeps what comes after a page in a list that has the newest first.
func (f *filter) before(cursor string) error {
	last, err := parseCursor(cursor)
	if err != nil || last == uuid.Nil {
		return err
	}
	f.add("id < ?", f.db.key(last))
	return nil
}

// in keeps the rows whose column has one of the values; none keeps all.
func in[T ~string](f *filter, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	f.add(column+" IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
}

// anyOf keeps the rows of which one of the conditions holds, one an argument;
// none keeps all.
func (f *filter) anyOf(condition string, args []string) {
	if len(args) == 0 {
		return
	}
	each := strings.Repeat(" OR "+condition, len(args))[len(" OR "):]
	values := make([]any, len(args))
	for i, v := range args {
		values[i] = v
	}
	f.add("("+each+")", values...)
}
