package audience

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"unicode/utf8"
)

// maxLine is the longest line that is read: far more than any person, and an
// end to a file that is all one line. With the buffers of a Part it is all the
// memory that an upload takes.
const maxLine = 64 << 10

// Rejection is a line that was not taken, or a value of it. It says what is
// wrong and never repeats the value, which may be somebody's address.
type Rejection struct {
	Line   int    `json:"line"` // from 1, the header too
	Column string `json:"column,omitempty"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (r *Rejection) Error() string { return r.Code + ": " + r.Detail }

// Reader reads people off an upload, line by line.
type Reader struct {
	lines   *bufio.Reader
	line    int    // that was read last
	first   int    // of the record
	table   *table // of CSV
	record  []byte // of several lines
	builder builder
}

// Terms are what a reader has to know beside the file.
type Terms struct {
	Today    int32  // the day of what has no date; days since 1970, UTC
	Currency string // of purchases: the partner's
}

// NewReader begins to read members. It fails with ErrMediaType, ErrEncoding,
// ErrHeader, ErrLongLine, ErrCut and fault.ErrInvalid when a column would keep
// a person in the clear.
func NewReader(mediaType string, body io.Reader, terms Terms) (*Reader, error) {
	r := &Reader{lines: bufio.NewReaderSize(body, maxLine)}
	r.builder = builder{terms: terms}
	media, _, _ := mime.ParseMediaType(mediaType)
	if err := r.skipMark(); err != nil {
		return nil, err
	}
	switch media {
	case "text/csv", "application/csv":
		if err := r.readHeader(); err != nil {
			return nil, err
		}
		return r, nil
	case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines":
		return r, nil
	}
	return nil, ErrMediaType
}

// skipMark drops the byte order mark of UTF-8 and refuses those of UTF-16.
func (r *Reader) skipMark() error {
	start, _ := r.lines.Peek(3)
	switch {
	case bytes.Equal(start, []byte("\xef\xbb\xbf")):
		_, err := r.lines.Discard(len(start))
		return err
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return ErrEncoding.With("The file is UTF-16.")
	}
	return nil
}

func (r *Reader) readHeader() error {
	header, err := r.next()
	if errors.Is(err, io.EOF) {
		return ErrHeader.With("The file is empty.")
	}
	if err != nil {
		return err
	}
	if !utf8.Valid(header) || bytes.IndexByte(header, 0) >= 0 {
		return ErrEncoding
	}
	r.table, err = newTable(header)
	return err
}

// next is the next line that is not empty.
func (r *Reader) next() ([]byte, error) {
	for {
		line, err := r.read()
		if err != nil || len(bytes.TrimSpace(line)) > 0 {
			return line, err
		}
	}
}

// read is the next line, without its end.
func (r *Reader) read() ([]byte, error) {
	line, err := r.lines.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, ErrLongLine.With("Line %d is longer than 64 KiB.", r.line+1)
	case errors.Is(err, io.EOF) && len(line) == 0:
		return nil, io.EOF
	case err != nil && !errors.Is(err, io.EOF):
		return nil, ErrCut.With("The upload ended in line %d, before it was complete; nothing of it was taken.", r.line+1).Wrap(err)
	}
	r.line++
	return bytes.TrimRight(line, "\r\n"), nil
}

// nextRecord is the next line that is not empty, and in CSV those after it that
// a quoted cell goes on in: what spreadsheets make of notes. Taken line by line
// the text of a note would be read as people.
func (r *Reader) nextRecord() ([]byte, error) {
	line, err := r.next()
	r.first = r.line
	if err != nil || r.table == nil || !r.table.open(line, false) {
		return line, err
	}
	r.record = append(r.record[:0], line...)
	for open := true; open; open = r.table.open(line, true) {
		line, err = r.read()
		if errors.Is(err, io.EOF) || err == nil && len(r.record)+1+len(line) > maxLine {
			return nil, ErrOpenQuote.With("A quotation mark that is opened in line %d is never closed.", r.first)
		}
		if err != nil {
			return nil, err
		}
		r.record = append(append(r.record, '\n'), line...)
	}
	return r.record, nil
}

// Next reads the next person into row. A *Rejection is a line that is not taken
// and after which reading goes on, io.EOF the end; anything else ends the
// upload. Values that were left out of a row that is taken go to ignored.
func (r *Reader) Next(row *Row, ignored func(Rejection)) error {
	record, err := r.nextRecord()
	if err != nil {
		return err
	}
	row.reset()
	r.builder.begin(row)
	switch {
	case !utf8.Valid(record):
		return &Rejection{r.first, "", "not_utf8", "The line is not UTF-8."}
	case bytes.IndexByte(record, 0) >= 0:
		return &Rejection{r.first, "", "not_text", "The line has a zero byte in it."}
	case r.table != nil:
		err = r.builder.parseCSV(r.table, record)
	default:
		err = r.builder.parseJSON(record)
	}
	if err == nil {
		err = r.builder.finish()
	}
	var bad *Rejection
	if errors.As(err, &bad) {
		bad.Line = r.first
		return bad
	}
	for _, w := range r.builder.ignored {
		w.Line = r.first
		ignored(w)
	}
	return err
}
