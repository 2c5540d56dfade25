package wire

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/performance"
)

// Writer writes facts in the form that Open reads: what it wrote can be sent
// to POST /metrics again, where every fact that is known counts as a duplicate.
// What the service adds, recorded_at, is therefore not in it.
type Writer interface {
	Write(events []performance.Event) error
	// Close writes what is held back. It does not close what lies below.
	Close() error
}

// LineWriter writes JSON lines.
type LineWriter struct {
	to   io.Writer
	line []byte
}

// NewLineWriter writes to w, one call for each slice of facts.
func NewLineWriter(w io.Writer) *LineWriter { return &LineWriter{to: w} }

// Write appends facts.
func (l *LineWriter) Write(events []performance.Event) error {
	l.line = l.line[:0]
	for i := range events {
		l.line = AppendJSON(l.line, &events[i])
		l.line = append(l.line, '\n')
		if len(l.line) > clip {
			if _, err := l.to.Write(l.line); err != nil {
				return err
			}
			l.line = l.line[:0]
		}
	}
	_, err := l.to.Write(l.line)
	return err
}

// Close has nothing to do: every fact is written at once.
func (l *LineWriter) Close() error { return nil }

// AppendJSON appends one fact as POST /metrics takes it.
func AppendJSON(dst []byte, e *performance.Event) []byte {
	dst = append(dst, `{"event_id":`...)
	dst = appendText(dst, e.ID)
	dst = append(dst, `,"campaign_id":"`...)
	dst = append(dst, e.Campaign.String()...)
	dst = append(dst, `","occurred_at":"`...)
	dst = appendTime(dst, e.OccurredAt)
	dst = append(dst, '"')
	for _, f := range textFields(e) {
		if f.value != "" {
			dst = append(append(append(dst, `,"`...), f.name...), `":`...)
			dst = appendText(dst, f.value)
		}
	}
	if e.Cause != "" {
		dst = appendText(append(dst, `,"restates":{"cause":`...), e.Cause)
		if e.Reference != "" {
			dst = appendText(append(dst, `,"reference":`...), e.Reference)
		}
		dst = append(dst, '}')
	}
	dst = appendMetrics(dst, e)
	dst = appendCustom(dst, e.Custom)
	if e.Metadata != "" {
		dst = append(append(dst, `,"metadata":`...), e.Metadata...)
	}
	return append(dst, '}')
}

func appendMetrics(dst []byte, e *performance.Event) []byte {
	given, open := e.Given(), `,"metrics":{`
	for m := range performance.NumMetrics {
		if !given.Has(m) {
			continue
		}
		dst = append(append(append(append(dst, open...), '"'), m.String()...), `":`...)
		if m.IsDecimal() {
			dst = append(append(append(dst, '"'), performance.Decimal(*e.At(m))...), '"')
		} else {
			dst = strconv.AppendInt(dst, *e.At(m), 10)
		}
		open = ","
	}
	if open == "," {
		dst = append(dst, '}')
	}
	return dst
}

func appendCustom(dst []byte, custom []performance.Custom) []byte {
	if len(custom) == 0 {
		return dst
	}
	dst = append(dst, `,"custom":{`...)
	for i, c := range custom {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, c.Name)
		dst = append(append(append(dst, `:"`...), performance.Decimal(c.Value)...), '"')
	}
	return append(dst, '}')
}

func appendText(dst []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil { // a string: cannot happen
		panic("wire: " + err.Error())
	}
	return append(dst, quoted...)
}

func appendTime(dst []byte, micros int64) []byte {
	return time.UnixMicro(micros).UTC().AppendFormat(dst, time.RFC3339Nano)
}

type textField struct{ name, value string }

// textFields are the plain texts of a fact, in the order of the columns.
func textFields(e *performance.Event) [9]textField {
	return [9]textField{
		{"channel", e.Channel}, {"source", e.Source}, {"ad", e.Ad}, {"creative", e.Creative}, {"audience", e.Audience},
		{"country", e.Country}, {"device", e.Device}, {"currency", e.Currency}, {"correlation_id", e.CorrelationID},
	}
}

// TableWriter writes CSV (RFC 4180) that a spreadsheet can open without running
// anything in it: a sender's text that begins like a formula gets a quote in
// front, which Table takes away again.
type TableWriter struct {
	to     io.Writer
	custom []string
	row    []string
	text   []byte
	titled bool
}

// NewTableWriter writes to w. custom are the names of custom values that get a
// column; values of others would have no place and are left out.
func NewTableWriter(w io.Writer, custom []string) *TableWriter {
	return &TableWriter{to: w, custom: custom}
}

func (t *TableWriter) header() []string {
	row := []string{"event_id", "campaign_id", "occurred_at"}
	for _, f := range textFields(&performance.Event{}) {
		row = append(row, f.name)
	}
	row = append(row, "restates_cause", "restates_reference")
	for m := range performance.NumMetrics {
		row = append(row, m.String())
	}
	for _, name := range t.custom {
		row = append(row, "custom."+name)
	}
	return append(row, "metadata")
}

// Write appends facts, after the header.
func (t *TableWriter) Write(events []performance.Event) error {
	t.title()
	for i := range events {
		t.append(t.cells(&events[i]))
		if len(t.text) > clip {
			if err := t.flush(); err != nil {
				return err
			}
		}
	}
	return t.flush()
}

func (t *TableWriter) title() {
	if !t.titled {
		t.titled = true
		t.append(t.header())
	}
}

// append adds a row. encoding/csv cannot be used: with the line ends of RFC
// 4180 it drops a sender's carriage returns, and the fact would be another.
func (t *TableWriter) append(row []string) {
	for i, cell := range row {
		if i > 0 {
			t.text = append(t.text, ',')
		}
		if strings.ContainsAny(cell, ",\"\r\n") || strings.HasPrefix(cell, " ") {
			t.text = append(append(append(t.text, '"'), strings.ReplaceAll(cell, `"`, `""`)...), '"')
		} else {
			t.text = append(t.text, cell...)
		}
	}
	t.text = append(t.text, "\r\n"...)
}

func (t *TableWriter) flush() error {
	_, err := t.to.Write(t.text)
	t.text = t.text[:0]
	return err
}

func (t *TableWriter) cells(e *performance.Event) []string {
	row := t.row[:0]
	row = append(row, SafeText(e.ID), e.Campaign.String(), string(appendTime(nil, e.OccurredAt)))
	for _, f := range textFields(e) {
		row = append(row, SafeText(f.value))
	}
	row = append(row, e.Cause, SafeText(e.Reference))
	given := e.Given()
	for m := range performance.NumMetrics {
		switch {
		case !given.Has(m):
			row = append(row, "")
		case m.IsDecimal():
			row = append(row, performance.Decimal(*e.At(m)))
		default:
			row = append(row, strconv.FormatInt(*e.At(m), 10))
		}
	}
	for _, name := range t.custom {
		row = append(row, customCell(e, name))
	}
	row = append(row, e.Metadata)
	t.row = row
	return row
}

func customCell(e *performance.Event, name string) string {
	for _, c := range e.Custom {
		if c.Name == name {
			return performance.Decimal(c.Value)
		}
	}
	return ""
}

// Close writes the header of an empty table.
func (t *TableWriter) Close() error {
	t.title()
	return t.flush()
}
