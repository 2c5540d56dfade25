package httpapi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hexabuilders/campaignd/fault"
)

// list is a page of things.
type list[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor,omitempty" doc:"For the next page; absent on the last."`
}

// Page asks for a page of a list.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"How many items at most."`
	Cursor string `query:"cursor" maxLength:"200" doc:"next_cursor of the page before."`
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
	out := list[partial[B]]{Items: make([]partial[B], len(items)), NextCursor: next}
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

func names[V any](m map[string]V) []string {
	all := make([]string, 0, len(m))
	for name := range m {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
