package panel

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/hexabuilders/campaignd/targeting"
)

// Match is what is asked of one attribute: one of some values, or a number in a
// range. In JSON it is a list of values, or {"min":40,"max":60}.
type Match struct {
	Values   []string
	Min, Max *float64 // both included; nil is open
}

// UnmarshalJSON reads either form.
func (m *Match) UnmarshalJSON(text []byte) error {
	var bounds struct {
		Min *float64 `json:"min"`
		Max *float64 `json:"max"`
	}
	if len(text) > 0 && text[0] == '{' {
		if err := json.Unmarshal(text, &bounds); err != nil {
			return errMatch
		}
		*m = Match{Min: bounds.Min, Max: bounds.Max}
		return nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		return errMatch
	}
	*m = Match{Values: []string{}}
	for _, raw := range list {
		value, ok := cellOf(raw)
		if !ok || raw[0] == '[' || raw[0] == 'n' {
			return errMatch
		}
		m.Values = append(m.Values, value)
	}
	return nil
}

// MarshalJSON writes the form that it was read from.
func (m Match) MarshalJSON() ([]byte, error) {
	if m.Values != nil {
		return json.Marshal(m.Values)
	}
	return json.Marshal(struct {
		Min *float64 `json:"min,omitempty"`
		Max *float64 `json:"max,omitempty"`
	}{m.Min, m.Max})
}

var errMatch = errors.New("an attribute takes a list of values, or {\"min\":..., \"max\":...}")

// rows are the rows that match; the bitmap may belong to the index and is not
// to be changed. unmet are values that no row has.
func (c *axis) match(m Match) (rows *roaring.Bitmap, unmet []string) {
	switch {
	case m.Values == nil:
		return c.between(bound(m.Min, -1), bound(m.Max, 1)), nil
	case c.Kind == Number:
		return c.anyNumber(m.Values)
	}
	var found []*roaring.Bitmap
	for _, value := range m.Values {
		if part := c.valueRows(value); part != nil {
			found = append(found, part)
		} else {
			unmet = append(unmet, value)
		}
	}
	return anyOf(found), unmet
}

func bound(n *float64, sign int) float64 {
	if n == nil {
		return math.Inf(sign)
	}
	return *n
}

func anyOf(parts []*roaring.Bitmap) *roaring.Bitmap {
	switch len(parts) {
	case 0:
		return roaring.New()
	case 1:
		return parts[0]
	}
	return roaring.FastOr(parts...)
}

// valueRows are the rows of a value: as it is written, else whatever the case;
// nil when no row has it.
func (c *axis) valueRows(value string) *roaring.Bitmap {
	value = strings.TrimSpace(value)
	if at, ok := c.places[value]; ok {
		return c.rows[at]
	}
	var found []*roaring.Bitmap
	for i, name := range c.names {
		if strings.EqualFold(name, value) {
			found = append(found, c.rows[i])
		}
	}
	if len(found) == 0 {
		return nil
	}
	return anyOf(found)
}

func (c *axis) anyNumber(values []string) (*roaring.Bitmap, []string) {
	var found []*roaring.Bitmap
	var unmet []string
	for _, value := range values {
		n, ok := parseNumber(strings.TrimSpace(value))
		part := roaring.New()
		if ok {
			part = c.between(n, n)
		}
		if part.IsEmpty() {
			unmet = append(unmet, value)
			continue
		}
		found = append(found, part)
	}
	return anyOf(found), unmet
}

// between are the rows whose number lies between two, both included. Bins
// inside count whole, and of those at the ends each row is looked at.
func (c *axis) between(low, high float64) *roaring.Bitmap {
	var whole []*roaring.Bitmap
	edge := roaring.New()
	for _, b := range c.bins {
		switch {
		case b.to < low || b.from > high:
		case b.from >= low && b.to <= high:
			whole = append(whole, b.rows)
		default:
			edge.AddMany(c.sift(b.rows, low, high))
		}
	}
	if !edge.IsEmpty() {
		whole = append(whole, edge)
	}
	return anyOf(whole)
}

func (c *axis) sift(rows *roaring.Bitmap, low, high float64) []uint32 {
	kept := rows.ToArray()
	return slices.DeleteFunc(kept, func(row uint32) bool { return c.raw[row] < low || c.raw[row] > high })
}

// gendersOf are the rows of some genders.
func (c *axis) gendersOf(values []string) *roaring.Bitmap {
	var found []*roaring.Bitmap
	for _, g := range values {
		found = append(found, c.genderRows(targeting.Gender(g))...)
	}
	return anyOf(found)
}
