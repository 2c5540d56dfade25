package wire

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/hexabuilders/campaignd/performance"
)

// Table reads CSV (RFC 4180) whose first row names the columns: the fields of
// an event, the metrics by their names, metadata, custom.<name> for custom
// values, and restates_cause and restates_reference for restatements. Columns may stand in any order and an empty cell means not given. A
// row that breaks a rule is refused by index with the number of its line.
type Table struct {
	in      *csv.Reader
	bounded *boundedRows
	columns []column
	read    int
}

// column says what the cells of one column set.
type column struct {
	name string
	set  func(e *performance.Event, cell string) *problem
}

// NewTable reads the header. ErrMalformed names a column that is unknown or
// given twice, and a column that every fact needs and that is missing.
func NewTable(r io.Reader) (*Table, error) {
	bounded := &boundedRows{from: r, left: clip}
	t := &Table{in: csv.NewReader(bounded), bounded: bounded}
	t.in.ReuseRecord = true
	t.in.FieldsPerRecord = -1 // counted here, so that the answer helps
	header, err := t.in.Read()
	if err != nil {
		return nil, ErrMalformed.With("The CSV has no header row that can be read.").Wrap(err)
	}
	seen := map[string]bool{}
	for i, name := range header {
		if i == 0 {
			name = strings.TrimPrefix(name, "\ufeff") // the mark that spreadsheets put first
		}
		column, ok := columnNamed(strings.Clone(name))
		if !ok || seen[name] {
			return nil, ErrMalformed.With("The column %s is unknown or given twice; allowed are %s, %s and custom.<name>.",
				quote(name), tableFields, metricFields)
		}
		seen[name] = true
		t.columns = append(t.columns, column)
	}
	for _, name := range []string{"event_id", "campaign_id", "occurred_at"} {
		if !seen[name] {
			return nil, ErrMalformed.With("The column %s is missing.", name)
		}
	}
	return t, nil
}

func columnNamed(name string) (column, bool) {
	if m, ok := performance.MetricNamed(name); ok {
		return column{name, func(e *performance.Event, cell string) *problem { return setMetric(e, m, cell) }}, true
	}
	if custom, ok := strings.CutPrefix(name, "custom."); ok {
		return column{name, func(e *performance.Event, cell string) *problem { return addCustom(e, custom, cell) }}, true
	}
	if name == "metadata" {
		return column{name, setMetadata}, true
	}
	_, known := setText(&performance.Event{}, name, "")
	return column{name, func(e *performance.Event, cell string) *problem {
		bad, _ := setText(e, name, plainText(cell))
		return bad
	}}, known
}

// setMetadata reads a JSON object out of a cell.
func setMetadata(e *performance.Event, cell string) *problem {
	s := newScanner(cell)
	r := eventReader{scanner: &s, event: e}
	bad, err := r.metadata()
	if err == nil && s.pos < len(s.text) {
		err = s.fail("more text after the object's end")
	}
	if err != nil {
		return refuse(performance.CodeMalformed, "metadata is not JSON: %s.", err)
	}
	return bad
}

// Next returns at most limit facts, and io.EOF after the last.
func (t *Table) Next(limit int) (Batch, error) {
	batch := Batch{Read: t.read}
	for batch.Read < t.read+limit {
		t.bounded.left = clip
		row, err := t.in.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			limit = 0 // ends the loop
			continue
		case errors.As(err, &broken):
			bad := refuse(performance.CodeMalformed, "Line %d is not CSV: %s.", broken.Line, broken.Err)
			_ = batch.take(func(*performance.Event) (*problem, error) { return bad, nil })
			continue
		case err != nil:
			return Batch{}, readError(err)
		}
		_ = batch.take(func(e *performance.Event) (*problem, error) { return t.fact(e, row), nil })
	}
	if batch.Read == t.read {
		return Batch{}, io.EOF
	}
	t.read = batch.Read
	return batch, nil
}

func (t *Table) fact(e *performance.Event, row []string) *problem {
	bad := t.cells(e, row)
	if bad == nil {
		bad = complete(e, e.OccurredAt != 0)
	}
	if bad == nil {
		return nil
	}
	line, _ := t.in.FieldPos(0)
	return refuse(bad.code, "Line %d: %s", line, bad.detail)
}

func (t *Table) cells(e *performance.Event, row []string) *problem {
	if len(row) != len(t.columns) {
		return refuse(performance.CodeMalformed, "the row has %d cells and the header %d.", len(row), len(t.columns))
	}
	for i, cell := range row {
		if cell == "" {
			continue
		}
		if !utf8.ValidString(cell) {
			return badText(t.columns[i].name)
		}
		if bad := t.columns[i].set(e, cell); bad != nil {
			return bad
		}
	}
	return nil
}

// errLongRow is a row that does not end, as after a quote that is never closed.
var errLongRow = ErrMalformed.With("A row is longer than %d bytes; look for a quote that is never closed.", clip)

// boundedRows stops a row from growing without end. The CSV reader asks for
// more only when it needs it, so what it asks for within one row is bounded by
// the row and one buffer.
type boundedRows struct {
	from io.Reader
	left int
}

func (b *boundedRows) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLongRow
	}
	n, err := b.from.Read(p)
	b.left -= n
	return n, err
}
