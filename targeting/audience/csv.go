package audience

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hexabuilders/campaignd/fault"
)

// table is a header: what stands in each column, and what parts them.
type table struct {
	fields []field
	comma  byte
}

// newTable reads a header. Files of spreadsheets in Spanish are parted by
// semicolons, some exports by tabs: the one that the header has most of counts.
func newTable(header []byte) (*table, error) {
	t := &table{comma: ','}
	text := string(header)
	for _, comma := range []byte{';', '\t'} {
		if strings.Count(text, string(comma)) > strings.Count(text, string(t.comma)) {
			t.comma = comma
		}
	}
	cells, err := t.split(text, nil)
	if err != nil {
		return nil, ErrHeader.With("The header line has an open quotation mark.")
	}
	if len(cells) > maxRowAttributes {
		return nil, ErrHeader.With("There are %d columns; at most %d are taken.", len(cells), maxRowAttributes)
	}
	var wrong fault.Fields
	seen, names := map[string]bool{}, false
	for i, cell := range cells {
		f, err := fieldOf(cell)
		if e := fault.As(err); e != nil && len(e.Fields) > 0 {
			wrong = append(wrong, e.Fields...)
		} else if err != nil {
			return nil, errName.With("Column %d of the first line: %s Is the header missing?", i+1, errName.Detail)
		}
		if seen[f.name] && f.name != "" {
			wrong.Add(f.name, "duplicate", "Two columns have this name.", "each name once")
		}
		seen[f.name] = true
		names = names || f.as >= asEmail && f.as <= asDeviceID || f.as == asFirstName
		t.fields = append(t.fields, f)
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	if !names {
		return nil, ErrHeader.With("None of the %d columns of the first line names a person. Is the header missing?", len(cells))
	}
	return t, nil
}

// split parts a record into its cells.
func (t *table) split(line string, into []string) ([]string, error) {
	for {
		if strings.HasPrefix(line, `"`) {
			cell, rest, err := quoted(line[1:])
			if err != nil {
				return nil, err
			}
			into = append(into, cell)
			if rest == "" {
				return into, nil
			}
			if rest[0] != t.comma {
				return nil, errQuote
			}
			line = rest[1:]
			continue
		}
		i := strings.IndexByte(line, t.comma)
		if i < 0 {
			return append(into, line), nil
		}
		into, line = append(into, line[:i]), line[i+1:]
	}
}

var errQuote = &Rejection{Code: "bad_quotes", Detail: "Something follows a closing quotation mark. A quotation mark inside a cell is written twice."}

// quoted reads a cell after its opening mark; two marks are one in the text.
func quoted(s string) (cell, rest string, err error) {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '"')
		if i < 0 {
			return "", "", errQuote
		}
		i += from
		if i+1 == len(s) || s[i+1] != '"' {
			return strings.ReplaceAll(s[:i], `""`, `"`), s[i+1:], nil
		}
		from = i + 2
	}
}

// open reports whether a quoted cell goes on after a line, given whether one had
// gone on before it.
func (t *table) open(line []byte, quoted bool) bool {
	for {
		if !quoted {
			if bytes.HasPrefix(line, []byte{'"'}) {
				quoted, line = true, line[1:]
				continue
			}
			i := bytes.IndexByte(line, t.comma)
			if i < 0 {
				return false
			}
			line = line[i+1:]
			continue
		}
		i := bytes.IndexByte(line, '"')
		if i < 0 {
			return true
		}
		line = line[i+1:]
		switch {
		case bytes.HasPrefix(line, []byte{'"'}): // two marks are one in the text
			line = line[1:]
		case bytes.HasPrefix(line, []byte{t.comma}):
			quoted, line = false, line[1:]
		default: // the end, or something that split refuses
			return false
		}
	}
}

func (b *builder) parseCSV(t *table, line []byte) error {
	var room [32]string
	cells, err := t.split(string(line), room[:0])
	if err != nil {
		return &Rejection{Code: errQuote.Code, Detail: errQuote.Detail}
	}
	if len(cells) != len(t.fields) {
		return &Rejection{Code: "wrong_columns", Detail: fmt.Sprintf("The line has %d cells, and the header %d.", len(cells), len(t.fields))}
	}
	for i, f := range t.fields {
		if err := b.set(f, cells[i]); err != nil {
			return err
		}
	}
	return nil
}
