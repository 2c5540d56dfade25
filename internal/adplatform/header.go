package adplatform

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hexabuilders/campaignd/fault"
)

var (
	utf8Mark   = []byte{0xEF, 0xBB, 0xBF}
	utf16Marks = [][]byte{{0xFF, 0xFE}, {0xFE, 0xFF}}
)

// unmarked drops a byte order mark, and refuses what is not UTF-8 from its
// first bytes on.
func unmarked(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	start, err := b.Peek(len(utf8Mark))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.Equal(start, utf8Mark) {
		_, err := b.Discard(len(utf8Mark))
		return b, err
	}
	for _, mark := range utf16Marks {
		if bytes.HasPrefix(start, mark) {
			return nil, ErrUnreadable.With("The file is UTF-16 text. Save it as CSV in UTF-8.")
		}
	}
	return b, nil
}

// columns reads the first line: names in lower case, without blanks around.
func columns(r *csv.Reader, f format) (names []string, err error) {
	record, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, ErrHeader.With("The file is empty; a report begins with a line of column names.")
	}
	if err != nil {
		return nil, unreadable(err)
	}
	for _, name := range record {
		names = append(names, strings.ToLower(strings.TrimSpace(name)))
	}
	return names, f.accepts(names)
}

// accepts explains a header that is not the format's: the separator is another
// one, the file is another platform's, or columns are missing.
func (f format) accepts(header []string) error {
	missing := f.missing(header)
	if len(missing) == 0 {
		return repeated(header)
	}
	var refusal *fault.Error
	if other, ok := f.looksLike(header); ok {
		refusal = ErrHeader.With("This looks like a report of %s, not of %s. Send it with platform %q.", other.title, f.title, other.platform)
	} else if len(header) == 1 && strings.ContainsAny(header[0], ";\t|") {
		refusal = ErrHeader.With("The columns are not separated by commas. Save the file as comma-separated CSV.")
	} else {
		refusal = ErrHeader.With("A report of %s needs the columns %s; missing: %s.", f.title, strings.Join(f.needed, ", "), strings.Join(missing, ", "))
	}
	for _, name := range missing {
		field := fault.Field{Path: "file." + name, Code: "missing_column", Detail: fmt.Sprintf("The first line has no column %s.", name)}
		refusal = refusal.WithFields(field)
	}
	return refusal
}

// repeated refuses a column that is there twice: one of the two would be lost.
func repeated(header []string) error {
	seen := map[string]bool{}
	for _, name := range header {
		if seen[name] && name != "" {
			field := fault.Field{Path: "file." + name, Code: "duplicate_column", Detail: "The first line names this column twice.", Allow: "each column once"}
			return ErrHeader.With("The column %s is there twice.", name).WithFields(field)
		}
		seen[name] = true
	}
	return nil
}

// unreadable is the error for a file that stops being CSV.
func unreadable(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return ErrUnreadable.With("Line %d is not CSV: %s.", parse.Line, parse.Err).Wrap(err)
	}
	return err
}
