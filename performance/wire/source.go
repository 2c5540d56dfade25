package wire

import (
	"context"
	"errors"
	"io"
	"mime"
	"strings"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/performance"
)

// ErrMediaType is a body in none of the three formats.
var ErrMediaType = fault.New(fault.Malformed, "unsupported_media_type", "The body's format is not known.",
	"Set Content-Type to application/json, application/x-ndjson or text/csv.")

// Source gives the facts of one body, slice by slice, so that a body of any
// length needs the memory of one slice.
type Source interface {
	// Next returns at most limit facts, and io.EOF after the last.
	Next(limit int) (Batch, error)
}

// Open chooses the reader for a Content-Type; none means JSON. Its errors are
// ErrMediaType, and ErrMalformed for a CSV header.
func Open(contentType string, body io.Reader) (Source, error) {
	media, _, err := mime.ParseMediaType(contentType)
	switch {
	case contentType == "" || media == "application/json":
		return &document{body: body}, nil
	case media == "application/x-ndjson" || media == "application/jsonl":
		return NewLines(body), nil
	case media == "text/csv":
		return NewTable(body)
	}
	return nil, ErrMediaType.With("The Content-Type %s is not one that can be read.", quote(contentType)).Wrap(err)
}

// document is a JSON document, which comes whole.
type document struct {
	body io.Reader
	done bool
}

func (d *document) Next(int) (Batch, error) {
	if d.done {
		return Batch{}, io.EOF
	}
	d.done = true
	return readDocument(d.body)
}

// Slice is how many facts of a stream are recorded at a time.
const Slice = 5000

// Recorder takes facts in; performance.Service is one.
type Recorder interface {
	Record(ctx context.Context, by event.Origin, events []performance.Event) (performance.Receipt, error)
}

// Record takes in a whole source. A JSON document is recorded whole or not at
// all; a stream is recorded in slices, each of them whole, and after an error
// the slices before it are durable. Sending the same body again is always
// safe, because every fact counts once.
func Record(ctx context.Context, to Recorder, by event.Origin, from Source) (performance.Receipt, error) {
	var total performance.Receipt
	for {
		batch, err := from.Next(Slice)
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
		receipt, err := record(ctx, to, by, batch)
		if err != nil {
			return total, err
		}
		total.Add(receipt, 0)
	}
}

// record takes in one slice and answers with the places in the body.
func record(ctx context.Context, to Recorder, by event.Origin, batch Batch) (performance.Receipt, error) {
	var receipt performance.Receipt
	if len(batch.Events) > 0 {
		var err error
		if receipt, err = to.Record(ctx, by, batch.Events); err != nil {
			return receipt, err
		}
	}
	refused := receipt.Rejected
	for i := range refused {
		refused[i].Index = batch.Index[refused[i].Index]
	}
	receipt.Rejected = mergeByIndex(batch.Rejected, refused)
	receipt.Refused += len(batch.Rejected)
	return receipt, nil
}

// mergeByIndex joins two lists that are each in the order of their indexes.
func mergeByIndex(a, b []performance.Rejection) []performance.Rejection {
	if len(b) == 0 {
		return a
	}
	merged := make([]performance.Rejection, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		first := &a
		if b[0].Index < a[0].Index {
			first = &b
		}
		merged = append(merged, (*first)[0])
		*first = (*first)[1:]
	}
	return append(append(merged, a...), b...)
}

// clip bounds what one line or row may hold.
const clip = 64 << 10

func isBlank(line string) bool { return strings.TrimLeft(line, " \t\r\n") == "" }
