package panel

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// intake reads a file into blocks.
type intake struct {
	from    source
	bytes   *counter
	maxRows int64

	lessons    *lessons
	block      *block
	names      []string // of the columns, as far as they are known
	cells      []string // of the row in hand, cleaned
	progress   Progress
	rejections []Rejection
}

// counter counts the bytes that pass.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// newIntake reads the head of the file.
func newIntake(format Format, file io.Reader, country string, maxRows int64) (*intake, error) {
	in := &intake{bytes: &counter{Reader: file}, maxRows: maxRows, lessons: newLessons(country), block: &block{}, rejections: []Rejection{}}
	var err error
	if in.from, err = open(format, in.bytes); err != nil {
		if errors.Is(err, io.EOF) {
			err = ErrNobody
		}
		return nil, err
	}
	err = in.meet()
	return in, err
}

// meet learns the columns that the file has named since it was last asked.
func (in *intake) meet() error {
	titles := in.from.titles()
	for _, title := range titles[len(in.names):] {
		c, err := in.lessons.column(title)
		if err != nil {
			return err
		}
		in.names = append(in.names, c.Name)
	}
	return nil
}

// next fills a block and learns from it; nil at the end of the file. The errors
// are those of the file as a whole.
func (in *intake) next() (*block, error) {
	for !in.block.full() {
		r, err := in.from.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			if err := in.meet(); err != nil {
				return nil, err
			}
			err = in.take(r)
		}
		var bad *refusal
		switch {
		case errors.As(err, &bad):
			in.reject(bad.Rejection)
		case err != nil:
			return nil, err
		}
	}
	in.progress.Bytes = in.bytes.n
	full := in.block
	if len(full.weights) == 0 {
		return nil, nil
	}
	in.block = &block{}
	return full, in.lessons.take(full)
}

func (in *intake) reject(r Rejection) {
	in.progress.Rejected++
	if len(in.rejections) < maxShown {
		in.rejections = append(in.rejections, r)
	}
}

// take checks a row and puts it into the block.
func (in *intake) take(r row) error {
	weight := 1.0
	in.cells = in.cells[:0]
	for i, cell := range r.cells {
		cell = clean(cell)
		if err := checkCell(r.line, in.names[i], cell); err != nil {
			return err
		}
		switch in.names[i] {
		case weightColumn:
			n, ok := parseNumber(cell)
			if !ok || n < 0 || n > maxWeight {
				return refuse(r.line, weightColumn, "invalid_weight", fmt.Sprintf("%s is no weight; it is a number from 0 to 1e12.", quote(cell)))
			}
			weight, cell = n, ""
		case ageColumn:
			if n, ok := parseNumber(cell); cell != "" && (!ok || n < 0 || n > oldest) {
				return refuse(r.line, ageColumn, "invalid_age", fmt.Sprintf("%s is no age; it is a number of years from 0 to 120.", quote(cell)))
			}
		}
		in.cells = append(in.cells, cell)
	}
	if in.progress.Rows == in.maxRows {
		return ErrTooLarge.With("The file has more than %d rows.", in.maxRows)
	}
	in.progress.Rows++
	in.block.add(in.names, in.cells, weight)
	return nil
}

// maxCell is the longest value of an attribute, in bytes.
const maxCell = 400

func checkCell(line int64, column, cell string) error {
	switch {
	case !utf8.ValidString(cell):
		return refuse(line, column, "not_text", "The row is not UTF-8; save the file as UTF-8.")
	case len(cell) > maxCell:
		return refuse(line, column, "too_long", "A value has more than 400 bytes.")
	case strings.IndexFunc(cell, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0:
		return refuse(line, column, "not_text", "A value has characters that cannot be shown.")
	case isAddress(cell):
		return ErrIdentity.With("The column %s has an e-mail address in line %d.", quote(column), line)
	}
	return nil
}

// isAddress reports whether a value looks like an e-mail address, which names a
// person.
func isAddress(cell string) bool {
	name, host, found := strings.Cut(cell, "@")
	return found && name != "" && !strings.ContainsAny(cell, " \t") && strings.Contains(strings.Trim(host, "."), ".")
}

// state is what is known of the file by now.
func (in *intake) state() State {
	s := State{Progress: in.progress, Rejections: in.rejections}
	in.lessons.into(&s)
	return s
}

// quote shows what a file said, cut short.
func quote(s string) string {
	const limit = 40
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "..."
	}
	return fmt.Sprintf("%q", s)
}
