package wire

import (
	"bufio"
	"errors"
	"io"

	"github.com/hexabuilders/campaignd/performance"
)

// Lines reads JSON lines. Blank lines are passed over. A line that is broken,
// or longer than 64 KiB, is refused by the index of its fact with the number of
// its line, and the lines after it are read.
type Lines struct {
	in   *bufio.Reader
	line int // of the text, from 1
	read int // facts so far
}

// NewLines reads from r with one buffer of bounded size.
func NewLines(r io.Reader) *Lines { return &Lines{in: bufio.NewReaderSize(r, clip)} }

// Next returns at most limit facts, and io.EOF after the last.
func (l *Lines) Next(limit int) (Batch, error) {
	batch := Batch{Read: l.read}
	for batch.Read < l.read+limit {
		text, tooLong, err := l.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Batch{}, readError(err)
		}
		if isBlank(text) && !tooLong {
			continue
		}
		_ = batch.take(func(e *performance.Event) (*problem, error) { return l.fact(e, text, tooLong), nil })
	}
	if batch.Read == l.read {
		return Batch{}, io.EOF
	}
	l.read = batch.Read
	return batch, nil
}

// next returns one line; io.EOF means that there is none.
func (l *Lines) next() (text string, tooLong bool, err error) {
	line, err := l.in.ReadSlice('\n')
	for errors.Is(err, bufio.ErrBufferFull) {
		tooLong = true
		line, err = l.in.ReadSlice('\n')
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(line) == 0 && !tooLong) {
		return "", false, err
	}
	l.line++
	return string(line), tooLong, nil
}

func (l *Lines) fact(e *performance.Event, text string, tooLong bool) *problem {
	if tooLong {
		return refuse(performance.CodeTooLong, "Line %d is longer than %d bytes.", l.line, clip)
	}
	s := newScanner(text)
	s.peek()
	bad, err := s.jsonEvent(e)
	if err == nil && s.peek() != 0 || err == nil && s.pos < len(s.text) {
		err = s.fail("more text after the object's end")
	}
	if err != nil {
		return refuse(performance.CodeMalformed, "Line %d is not JSON: %s.", l.line, err)
	}
	if bad != nil {
		return refuse(bad.code, "Line %d: %s", l.line, bad.detail)
	}
	return nil
}
