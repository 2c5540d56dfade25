package sqlstore

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/google/uuid"
)

// order is how a list is sorted: by a column and within it by id, both in one
// direction. A page ends at the key and id of its last row, which stay what
// they were while rows come and go: no row is given twice, and none is left out
// unless its own key moved meanwhile.
type order[T any] struct {
	name   string         // tells its cursors from those of other orders
	column string         // "": by id alone
	text   func(T) string // what column is of an item, when it is a text,
	number func(T) int64  // or else
	id     func(T) uuid.UUID
	down   bool
}

// pageEnd is where a page of a sorted list ended.
type pageEnd struct {
	Order  string
	Text   string `json:",omitempty"`
	Number int64  `json:",omitempty"`
	ID     uuid.UUID
}

func (o order[T]) clause() string {
	direction := ""
	if o.down {
		direction = " DESC"
	}
	if o.column == "" {
		return " ORDER BY id" + direction
	}
	return " ORDER BY " + o.column + direction + ", id" + direction
}

// cursor names the place after an item.
func (o order[T]) cursor(last T) string {
	at := pageEnd{Order: o.name, ID: o.id(last)}
	switch {
	case o.column == "":
		return at.ID.String()
	case o.text != nil:
		at.Text = o.text(last)
	default:
		at.Number = o.number(last)
	}
	text, err := json.Marshal(at)
	if err != nil { // of texts and numbers
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// after keeps what comes after the place that a cursor names.
func (o order[T]) after(f *filter, cursor string) error {
	if cursor == "" {
		return nil
	}
	beyond := " > "
	if o.down {
		beyond = " < "
	}
	if o.column == "" {
		last, err := parseCursor(cursor)
		if err == nil {
			f.add("id"+beyond+"?", f.db.key(last))
		}
		return err
	}
	at, err := o.parse(cursor)
	if err != nil {
		return err
	}
	var key any = at.Number
	if o.text != nil {
		key = at.Text
	}
	f.add("("+o.column+", id)"+beyond+"(?, ?)", key, f.db.key(at.ID))
	return nil
}

// parse reads a cursor of this order.
func (o order[T]) parse(cursor string) (at pageEnd, err error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(text, &at)
	}
	if err != nil || at.Order != o.name || strings.ContainsRune(at.Text, 0) {
		return pageEnd{}, errCursor
	}
	return at, nil
}
