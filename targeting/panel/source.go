package panel

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Format is how a file is written.
type Format string

// The formats that are read.
const (
	CSV    Format = "csv"
	NDJSON Format = "ndjson"
)

// row is a person as the file says it: a cell for each title known so far. An
// empty cell is missing.
type row struct {
	line  int64
	cells []string
}

// source reads rows. next gives io.EOF at the end, a *refusal for a row that
// cannot be read while those after it can, and a fault for everything else.
type source interface {
	titles() []string // of the cells; NDJSON may add to them with every row
	next() (row, error)
}

// refusal is why one row is not taken.
type refusal struct{ Rejection }

func (r *refusal) Error() string { return r.Detail }

func refuse(line int64, column, code, detail string) error {
	return &refusal{Rejection{Line: line, Column: column, Code: code, Detail: detail}}
}

// open reads the head of a file.
func open(format Format, file io.Reader) (source, error) {
	in := bufio.NewReaderSize(file, 1<<16)
	head, err := in.Peek(3)
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")):
		return nil, ErrFile.With("The file is UTF-16; it must be UTF-8.")
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return nil, ErrFile.With("The file is compressed; send it as it is.")
	case bytes.HasPrefix(head, []byte("\ufeff")): // the mark that spreadsheets put first
		_, _ = in.Discard(3)
	case len(head) == 0 && errors.Is(err, io.EOF):
		return nil, ErrNobody.With("The file is empty.")
	}
	if format == NDJSON {
		return newLines(in), nil
	}
	return newTable(in)
}

// table reads CSV (RFC 4180), whose first row has the titles. Semicolons and
// tabs separate too, when the titles have no comma.
type table struct {
	in      *csv.Reader
	bounded *boundedRows
	header  []string
}

func newTable(in *bufio.Reader) (source, error) {
	first, _ := in.Peek(in.Size()) // fewer, at the end of a short file
	if end := bytes.IndexByte(first, '\n'); end >= 0 {
		first = first[:end]
	}
	t := &table{bounded: &boundedRows{from: in, left: MaxRow}}
	t.in = csv.NewReader(t.bounded)
	t.in.ReuseRecord, t.in.TrimLeadingSpace, t.in.FieldsPerRecord = true, true, -1
	for _, mark := range ";\t" {
		if !bytes.ContainsRune(first, ',') && bytes.ContainsRune(first, mark) {
			t.in.Comma = mark
		}
	}
	header, err := t.in.Read()
	if err != nil {
		return nil, unreadable(err, "The CSV has no header row that can be read.")
	}
	for _, title := range header {
		title = strings.TrimSpace(strings.Clone(title))
		if title == "" || !utf8.ValidString(title) {
			return nil, ErrFile.With("The header has a column without a name; the first row must name every column.")
		}
		t.header = append(t.header, title)
	}
	return t, nil
}

func (t *table) titles() []string { return t.header }

func (t *table) next() (row, error) {
	t.bounded.left = MaxRow
	cells, err := t.in.Read()
	var wrong *csv.ParseError
	switch {
	case errors.As(err, &wrong) && !errors.Is(err, errLongRow):
		return row{}, refuse(int64(wrong.StartLine), "", "not_csv", "The row has a quote where none can stand.")
	case err != nil:
		return row{}, unreadable(err, "The CSV cannot be read on.")
	}
	line, _ := t.in.FieldPos(0)
	if len(cells) != len(t.header) {
		return row{}, refuse(int64(line), "", "wrong_columns", "The row has another number of cells than the header.")
	}
	return row{int64(line), cells}, nil
}

// unreadable tells the end, and what was cut off, from what is no file of ours.
func unreadable(err error, otherwise string) error {
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case errors.Is(err, errLongRow):
		return ErrTooLarge.With("A row is longer than 1 MiB.")
	case errors.As(err, new(*csv.ParseError)):
		return ErrFile.With("%s", otherwise).Wrap(err)
	}
	return errCut.Wrap(err)
}

var errLongRow = errors.New("panel: a row is too long")

// boundedRows keeps one row from taking all the memory: what is left is
// counted anew for each. The reader above reads ahead by a few KiB, which
// shortens the limit and cannot lengthen it.
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

// lines reads NDJSON: an object a line.
type lines struct {
	in     *bufio.Scanner
	names  []string
	places map[string]int
	cells  []string
	line   int64
}

func newLines(in io.Reader) *lines {
	l := &lines{in: bufio.NewScanner(in), places: map[string]int{}}
	l.in.Buffer(make([]byte, 0, 1<<16), MaxRow)
	return l
}

func (l *lines) titles() []string { return l.names }

func (l *lines) next() (row, error) {
	for l.in.Scan() {
		l.line++
		text := bytes.TrimSpace(l.in.Bytes())
		if len(text) == 0 {
			continue
		}
		return l.read(text)
	}
	switch err := l.in.Err(); {
	case err == nil:
		return row{}, io.EOF
	case errors.Is(err, bufio.ErrTooLong):
		return row{}, ErrTooLarge.With("Line %d is longer than 1 MiB.", l.line+1)
	default:
		return row{}, errCut.Wrap(err)
	}
}

func (l *lines) read(text []byte) (row, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		return row{}, refuse(l.line, "", "not_json", "The line is not a JSON object.")
	}
	l.learn(members)
	clear(l.cells)
	for title, raw := range members {
		cell, ok := cellOf(raw)
		if !ok {
			return row{}, refuse(l.line, title, "not_a_value", "A value is a text, a number, true, false, null or a list of those.")
		}
		l.cells[l.places[title]] = cell
	}
	return row{l.line, l.cells}, nil
}

// learn gives the titles that are new a place, in their own order: a map has
// none.
func (l *lines) learn(members map[string]json.RawMessage) {
	var fresh []string
	for title := range members {
		if _, known := l.places[title]; !known {
			fresh = append(fresh, title)
		}
	}
	slices.Sort(fresh)
	for _, title := range fresh {
		l.places[title] = len(l.names)
		l.names, l.cells = append(l.names, strings.TrimSpace(title)), append(l.cells, "")
	}
}

// cellOf is a JSON value as a cell of CSV would say it; a list is its values
// with bars between.
func cellOf(raw json.RawMessage) (string, bool) {
	switch raw[0] {
	case '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err == nil
	case 'n':
		return "", true
	case '{':
		return "", false
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return "", false
		}
		cells := make([]string, 0, len(list))
		for _, item := range list {
			cell, ok := cellOf(item)
			if !ok || item[0] == '[' {
				return "", false
			}
			cells = append(cells, cell)
		}
		return strings.Join(slices.DeleteFunc(cells, func(c string) bool { return c == "" }), bar), true
	}
	return string(raw), true
}

// bar separates the values of a person who has several.
const bar = "|"
