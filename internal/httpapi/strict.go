package httpapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/danielgtaylor/huma/v2"
)

// strictJSON is JSON that refuses what encoding/json lets pass: a key twice in
// one object, whose meaning would depend on the reader, and nesting without
// end.
var strictJSON = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshalStrict}

func unmarshalStrict(data []byte, v any) error {
	err := checkStrict(data)
	if body, ok := v.(late); ok {
		body.take(data, err)
		return nil
	}
	if err != nil {
		return err
	}
	err = json.Unmarshal(data, v)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) { // its own text repeats the value and names Go types
		return fmt.Errorf("%s is of the wrong type or out of range", cmp.Or(wrong.Field, "the body"))
	}
	return err
}

// maxDepth is far more than any body of ours needs.
const maxDepth = 32

// object is what is open at a place of a document: the keys seen so far, nil
// in an array.
type object map[string]bool

// checkStrict walks the document once.
func checkStrict(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var open []object
	isKey := false // whether a string that comes next is a key
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case json.Delim:
			open = enter(open, t)
		case string:
			if isKey {
				seen := open[len(open)-1]
				if seen[t] {
					return fmt.Errorf("a key stands twice in one object, before byte %d", d.InputOffset())
				}
				seen[t], isKey = true, false
				continue
			}
		}
		if len(open) > maxDepth {
			return fmt.Errorf("objects and arrays are nested deeper than %d, at byte %d", maxDepth, d.InputOffset())
		}
		isKey = len(open) > 0 && open[len(open)-1] != nil
	}
}

// enter is what is open after a bracket or brace.
func enter(open []object, d json.Delim) []object {
	switch d {
	case '{':
		return append(open, object{})
	case '[':
		return append(open, nil)
	default:
		return open[:len(open)-1]
	}
}

// unmarshalKnown is unmarshalStrict where huma does not refuse unknown members.
func unmarshalKnown(data []byte, v any) error {
	if err := checkStrict(data); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(v)
}
