package audience

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/hexabuilders/campaignd/fault"
)

// parseJSON reads an object: members as the columns of a CSV file, further ones
// in "attributes", and visits and purchases also as lists.
//
//	{"email":"...","city":"Lima","visits":["2026-03-01"],"purchases":[{"at":"2026-03-01","value":"19.90"}]}
func (b *builder) parseJSON(line []byte) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var object map[string]json.RawMessage
	if err := d.Decode(&object); err != nil || object == nil {
		return &Rejection{Code: "malformed_json", Detail: "The line is not a JSON object."}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return &Rejection{Code: "malformed_json", Detail: "Something follows the object in its line."}
	}
	return b.members(object, true)
}

func (b *builder) members(object map[string]json.RawMessage, outer bool) error {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names) // the same line is stored as the same bytes
	for _, name := range names {
		if err := b.member(name, object[name], outer); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) member(name string, raw json.RawMessage, outer bool) error {
	if outer && name == "attributes" {
		var inner map[string]json.RawMessage
		if json.Unmarshal(raw, &inner) != nil {
			return &Rejection{Column: name, Code: "malformed_json", Detail: "attributes is an object of names and values."}
		}
		return b.members(inner, false)
	}
	f, err := fieldOf(name)
	if err != nil {
		return rejected(err)
	}
	if !outer {
		if f.as.identifies() {
			return &Rejection{Column: f.name, Code: "identifier_in_attribute", Detail: "Attributes are kept in the clear. Put this beside attributes and not in them, where it is hashed."}
		}
		f.as = asAttribute // {"attributes":{"value":"high"}} is what it says
	}
	if raw[0] == '[' && (f.as == asVisits || f.as == asPurchases) {
		return b.list(f, raw)
	}
	value, ok := scalar(raw)
	if !ok {
		return &Rejection{Column: f.name, Code: "malformed_value", Detail: "A value is text, a number, true, false or null."}
	}
	return b.set(f, value)
}

// rejected turns a column's fault into a line's.
func rejected(err error) error {
	e := fault.As(err)
	if e == nil {
		return err
	}
	if len(e.Fields) > 0 {
		return &Rejection{Column: e.Fields[0].Path, Code: e.Fields[0].Code, Detail: e.Fields[0].Detail}
	}
	return &Rejection{Code: e.Code, Detail: e.Detail}
}

// scalar is a plain value as text; null is none.
func scalar(raw json.RawMessage) (string, bool) {
	switch raw[0] {
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err == nil
	case '{', '[':
		return "", false
	case 'n':
		return "", true
	}
	return string(raw), true
}

// maxDoings is how many visits or purchases a line may list.
const maxDoings = 1000

// list reads visits or purchases, each a date or an object with at, value and
// currency.
func (b *builder) list(f field, raw json.RawMessage) error {
	var entries []json.RawMessage
	if json.Unmarshal(raw, &entries) != nil || len(entries) > maxDoings {
		return &Rejection{Column: f.name, Code: "malformed_value", Detail: "This is a list of at most 1000 dates or objects."}
	}
	for _, entry := range entries {
		d, err := b.entry(f, entry)
		if err != nil {
			return err
		}
		if err := b.did(d, f.as == asPurchases); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) entry(f field, raw json.RawMessage) (d doing, err error) {
	var object map[string]json.RawMessage
	if raw[0] != '{' {
		date, ok := scalar(raw)
		if !ok || date == "" {
			return d, &Rejection{Column: f.name, Code: "malformed_value", Detail: "An entry is a date, or an object with at and value."}
		}
		return doing{at: date}, nil
	}
	if json.Unmarshal(raw, &object) != nil {
		return d, &Rejection{Column: f.name, Code: "malformed_json", Detail: "An entry cannot be read."}
	}
	for name, raw := range object {
		value, ok := scalar(raw)
		switch {
		case !ok:
			return d, &Rejection{Column: f.name, Code: "malformed_value", Detail: "A value is text, a number, true, false or null."}
		case name == "at" || name == "date":
			d.at = value
		case name == "value":
			d.value = value
		case name == "count":
			d.count = value
		case name == "currency":
			if err := b.set(field{name, asCurrency}, value); err != nil {
				return d, err
			}
		default:
			return d, &Rejection{Column: f.name, Code: "unknown_field", Detail: "An entry has at, count, value and currency."}
		}
	}
	if d.none() {
		d.count = "1"
	}
	return d, nil
}
