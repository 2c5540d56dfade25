package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/danielgtaylor/huma/v2"
)

// strictJSON is JSON that refuses what encoding/json lets pass: a key twice in
// one object, whose meaning would depend on the reader, and text after the end.
var strictJSON = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if err := checkDuplicates(data); err != nil {
			return err
		}
		return json.Unmarshal(data, v)
	},
}

// checkDuplicates walks the document once and reports the first key that
// stands twice in one object.
func checkDuplicates(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var open []map[string]bool // one a container; nil for an array
	key := false               // whether the next string is a key
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
			switch t {
			case '{':
				open = append(open, map[string]bool{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
			key = len(open) > 0 && open[len(open)-1] != nil
			continue
		case string:
			if key {
				seen := open[len(open)-1]
				if seen[t] {
					return fmt.Errorf("the key %q stands twice in one object, before byte %d", t, d.InputOffset())
				}
				seen[t], key = true, false
				continue
			}
		}
		key = len(open) > 0 && open[len(open)-1] != nil
	}
}
