package httpapi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// list is a page of things.
type list[T any] struct {
	Items      []T    `json:"items"`
	NextCursor cursor `json:"next_cursor" doc:"For the next page; null on the last."`
}

// cursor is where the next page begins; on the last page it is null, so that
// the member is always there to be read.
type cursor string

// MarshalJSON writes null for none.
func (c cursor) MarshalJSON() ([]byte, error) {
	if c == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(c))
}

// Schema implements huma.SchemaProvider.
func (cursor) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Nullable: true}
}

// Page asks for a page of a list.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"How many items at most."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"next_cursor of the page before."`
}

// after reads a cursor that is a sequence number.
func (p Page) after() (int64, error) {
	if p.Cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(p.Cursor, 10, 64)
	if err != nil || n < 0 {
		return 0, errMalformed.WithFields(fault.Field{Path: "cursor", Code: "invalid_cursor", Detail: "This is not a cursor of ours.", Allow: "next_cursor of the page before, or none"})
	}
	return n, nil
}

// untilLimit cuts events that were read with one more than the limit, which
// tells that there is a next page.
func (p Page) untilLimit(events []event.Event) (shown []event.Event, next string) {
	if len(events) <= p.Limit {
		return events, ""
	}
	shown = events[:p.Limit]
	return shown, strconv.FormatInt(shown[p.Limit-1].Seq, 10)
}

// pageOf answers with a page of a list that its store gives as a whole, since a
// partner has few of such things. The cursor is the last item's id.
func pageOf[T, B any](s *Server, all []T, p Page, id func(T) string, describe func(T) B, fields []string) (*plain[list[partial[B]]], error) {
	if p.Cursor != "" {
		last := slices.IndexFunc(all, func(t T) bool { return id(t) == p.Cursor })
		if last < 0 {
			return nil, errCursorGone
		}
		all = all[last+1:]
	}
	next := ""
	if len(all) > p.Limit {
		all = all[:p.Limit]
		next = id(all[p.Limit-1])
	}
	return page(s, all, describe, fields, next)
}

var errCursorGone = fault.New(fault.Malformed, "invalid_cursor", "The cursor is not one that a page has given, or what it names is gone.",
	"Send next_cursor exactly as it came, or nothing to begin.")

// Projected asks for some members of each item.
type Projected struct {
	Fields []string `query:"fields" doc:"Only these members of each item, separated by commas."`
}

// partial is a T of which only some members are shown.
type partial[T any] struct {
	whole  T
	fields []string // none: all
}

// MarshalJSON leaves out what was not asked for.
func (p partial[T]) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(p.whole)
	if err != nil || len(p.fields) == 0 {
		return text, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	for name := range members {
		if !slices.Contains(p.fields, name) {
			delete(members, name)
		}
	}
	return json.Marshal(members)
}

// Schema is that of the whole, with nothing required.
func (p partial[T]) Schema(r huma.Registry) *huma.Schema {
	whole := *wholeSchema[T](r)
	whole.Required = nil
	return &whole
}

func wholeSchema[T any](r huma.Registry) *huma.Schema {
	s := r.Schema(reflect.TypeFor[T](), true, "")
	if s.Ref != "" {
		s = r.SchemaFromRef(s.Ref)
	}
	return s
}

// page is a list's answer, projected.
func page[T, B any](s *Server, items []T, describe func(T) B, fields []string, next string) (*plain[list[partial[B]]], error) {
	if err := checkFields[B](s, fields); err != nil {
		return nil, err
	}
	out := list[partial[B]]{Items: make([]partial[B], len(items)), NextCursor: cursor(next)}
	for i, item := range items {
		out.Items[i] = partial[B]{describe(item), fields}
	}
	return &plain[list[partial[B]]]{out}, nil
}

// checkFields refuses members that a B never has, which are rather misspelt
// than meant.
func checkFields[B any](s *Server, fields []string) error {
	known := wholeSchema[B](s.api.OpenAPI().Components.Schemas).Properties
	for i, name := range fields {
		if _, ok := known[name]; !ok {
			return errMalformed.WithFields(fault.Field{
				Path: fmt.Sprintf("fields[%d]", i), Code: "unknown_field", Detail: "There is no such member.", Allow: strings.Join(names(known), ", "),
			})
		}
	}
	return nil
}

// same describes what is shown as it is.
func same[T any](t T) T { return t }

func names[V any](m map[string]V) []string {
	all := make([]string, 0, len(m))
	for name := range m {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
