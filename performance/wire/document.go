package wire

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/performance"
)

// Errors of a body as a whole.
var (
	ErrMalformed = fault.New(fault.Malformed, "malformed", "The body cannot be read.",
		`Send {"events":[...]}, JSON lines as application/x-ndjson, or CSV with a header row as text/csv.`)
	ErrTooLarge = fault.New(fault.TooLarge, "too_large", "The body is too large for one JSON document.",
		"Send at most 10000 events and 16 MiB at a time, or stream them as application/x-ndjson, which has no limit.")
)

// MaxDocument bounds a JSON document in bytes; lines and CSV are streamed and
// have no limit.
const MaxDocument = 16 << 20

// Batch is a run of facts as they were read.
type Batch struct {
	Events   []performance.Event
	Index    []int                   // the place of each event in the body
	Rejected []performance.Rejection // those that could not be read, by place in the body
	Read     int                     // how many facts the text held, good and bad
}

func (b *Batch) reject(p *problem) {
	b.Rejected = append(b.Rejected, performance.Rejection{Index: b.Read, Code: p.code, Detail: p.detail})
}

// take reads one fact into the next place, keeping it when it is good.
func (b *Batch) take(read func(*performance.Event) (*problem, error)) error {
	b.Events = append(b.Events, performance.Event{})
	last := len(b.Events) - 1
	bad, err := read(&b.Events[last])
	if err != nil {
		return err
	}
	if bad != nil {
		b.Events = b.Events[:last]
		b.reject(bad)
	} else {
		b.Index = append(b.Index, b.Read)
	}
	b.Read++
	return nil
}

// DecodeJSON reads the document {"events":[...]}. Its errors are ErrMalformed
// with the byte offset, and ErrTooLarge beyond MaxEvents events.
func DecodeJSON(body []byte) (Batch, error) {
	if len(body) > MaxDocument {
		return Batch{}, ErrTooLarge
	}
	s := newScanner(string(body))
	batch, err := s.document()
	var syntax *syntaxError
	if errors.As(err, &syntax) {
		return Batch{}, ErrMalformed.With("The body is not JSON: %s.", syntax)
	}
	return batch, err
}

func (s *scanner) document() (Batch, error) {
	var batch Batch
	if err := s.expect('{'); err != nil {
		return batch, err
	}
	found := false
	for first := true; ; first = false {
		ok, err := s.more('}', first)
		if err != nil {
			return batch, err
		}
		if !ok {
			break
		}
		name, err := s.key()
		if err != nil {
			return batch, err
		}
		if name != "events" || found {
			return batch, ErrMalformed.With(`The document has the member %s; it must have "events" once and nothing else.`, quote(name))
		}
		found = true
		if err := s.events(&batch); err != nil {
			return batch, err
		}
	}
	if !found {
		return batch, ErrMalformed.With(`The document has no "events".`)
	}
	if s.peek() != 0 || s.pos < len(s.text) {
		return batch, s.fail("more text after the document's end")
	}
	return batch, nil
}

func (s *scanner) events(batch *Batch) error {
	if s.peek() != '[' {
		return ErrMalformed.With(`"events" must be an array, and this is %s.`, s.kind())
	}
	s.pos++
	batch.Events = make([]performance.Event, 0, s.likelyEvents())
	for first := true; ; first = false {
		ok, err := s.more(']', first)
		if err != nil || !ok {
			return err
		}
		if batch.Read == performance.MaxEvents {
			return ErrTooLarge.With("The document has more than %d events.", performance.MaxEvents)
		}
		if err := batch.take(s.jsonEvent); err != nil {
			return err
		}
	}
}

// likelyEvents is a guess from the length of the text, at most MaxEvents.
func (s *scanner) likelyEvents() int {
	const typical = 220
	return min(len(s.text)/typical+1, performance.MaxEvents)
}

// buffers hold documents while they arrive; the events share the memory of a
// copy of the right size.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled keeps one long document from holding its memory for ever.
const maxPooled = 1 << 20

// readDocument reads a whole document, but never more than is allowed.
func readDocument(r io.Reader) (Batch, error) {
	body := buffers.Get().(*bytes.Buffer)
	defer func() {
		if body.Cap() <= maxPooled {
			buffers.Put(body)
		}
	}()
	body.Reset()
	if _, err := body.ReadFrom(io.LimitReader(r, MaxDocument+1)); err != nil {
		return Batch{}, readError(err)
	}
	return DecodeJSON(body.Bytes())
}

// readError is a failure of the connection rather than of the text. A reader
// that bounds the body, as net/http has, says so in an error with a Limit.
func readError(err error) error {
	if fault.As(err) != nil {
		return err
	}
	return ErrMalformed.With("The body ended before it was complete.").Wrap(err)
}

func validText(s string) bool { return utf8.ValidString(s) }
