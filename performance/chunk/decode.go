package chunk

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"

	"github.com/hexabuilders/campaignd/performance"
)

// ErrCorrupt means that the stored bytes are not those that were written.
var ErrCorrupt = errors.New("chunk: the stored bytes are damaged")

// maxColumns bounds what the columns may unpack to.
const maxColumns = 256 << 20

// Head says what a chunk holds without reading its events.
type Head struct {
	Count       int
	First, Last int64 // least and greatest OccurredAt
	Sums        performance.Metrics
}

// Summarize computes the head of events. It is what Encode writes.
func Summarize(events []*performance.Event) Head {
	head := Head{Count: len(events)}
	for i, e := range events {
		if i == 0 || e.OccurredAt < head.First {
			head.First = e.OccurredAt
		}
		if i == 0 || e.OccurredAt > head.Last {
			head.Last = e.OccurredAt
		}
		for m := range performance.Reach {
			*head.Sums.At(m) += *e.At(m)
		}
	}
	return head
}

// ReadHead verifies the whole value and reads its head.
func ReadHead(body []byte) (Head, error) {
	r, err := open(body)
	if err != nil {
		return Head{}, err
	}
	head := r.head()
	return head, r.err
}

// Decode verifies the value and returns the campaign's events in the order
// they were encoded in.
func Decode(body []byte, campaign uuid.UUID) ([]performance.Event, error) {
	r, err := open(body)
	if err != nil {
		return nil, err
	}
	head := r.head()
	columns, err := r.unpack(body[1]&flagCompressed != 0)
	if err != nil {
		return nil, err
	}
	// Every event takes at least a byte in the column of times.
	if r.err != nil || head.Count == 0 || head.Count > len(columns) {
		return nil, corrupt("count %d", head.Count)
	}
	events := make([]performance.Event, head.Count)
	for i := range events {
		events[i].Campaign = campaign
	}
	c := reader{left: columns}
	c.columns(events)
	r.ids(events)
	if err := errors.Join(c.err, r.err); err != nil {
		return nil, err
	}
	if len(c.left) > 0 || len(r.left) > 0 {
		return nil, corrupt("bytes left over")
	}
	return events, nil
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

func open(body []byte) (*reader, error) {
	switch {
	case len(body) < prefix:
		return nil, corrupt("%d bytes", len(body))
	case body[0] != version:
		return nil, corrupt("version %d", body[0])
	case binary.LittleEndian.Uint32(body[2:]) != checksum(body):
		return nil, corrupt("checksum")
	}
	return &reader{left: body[prefix:]}, nil
}

// reader takes values off the front of a buffer. After the first failure every
// value is zero and err says what was missing.
type reader struct {
	left []byte
	err  error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = corrupt(format, args...)
		r.left = nil
	}
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.left)
	if n <= 0 {
		r.fail("a number")
		return 0
	}
	r.left = r.left[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.left)
	if n <= 0 {
		r.fail("a number")
		return 0
	}
	r.left = r.left[n:]
	return v
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.left)) {
		r.fail("%d bytes", n)
		return nil
	}
	b := r.left[:n]
	r.left = r.left[n:]
	return b
}

func (r *reader) head() Head {
	count := r.uvarint()
	head := Head{Count: int(min(count, maxColumns)), First: r.varint(), Last: r.varint()}
	for m := range performance.Reach {
		*head.Sums.At(m) = r.varint()
	}
	return head
}

var decompressor, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxColumns))

func (r *reader) unpack(compressed bool) ([]byte, error) {
	length := r.uvarint()
	if !compressed {
		return r.bytes(length), r.err
	}
	full := r.uvarint()
	packed := r.bytes(length)
	if r.err != nil || full > maxColumns {
		return nil, corrupt("length %d", full)
	}
	columns, err := decompressor.DecodeAll(packed, nil)
	if err != nil || uint64(len(columns)) != full {
		return nil, corrupt("compression: %v", err)
	}
	return columns, nil
}

func (r *reader) columns(events []performance.Event) {
	var at int64
	for i := range events {
		at += r.varint()
		events[i].OccurredAt = at
	}
	var present performance.Mask
	for i := range events {
		events[i].Present = performance.Mask(r.uvarint())
		present |= events[i].Present
	}
	for _, text := range texts {
		r.texts(events, text)
	}
	for m := range performance.NumMetrics {
		if present.Has(m) {
			r.values(events, m)
		}
	}
	r.custom(events)
}

func (r *reader) values(events []performance.Event, m performance.Metric) {
	for i := range events {
		if events[i].Present.Has(m) {
			*events[i].At(m) = r.varint()
		}
	}
}

func (r *reader) dictionary() []string {
	n := r.uvarint()
	if n > uint64(len(r.left)) { // every entry takes a byte at least
		r.fail("a dictionary of %d", n)
		return nil
	}
	entries := make([]string, n)
	for i := range entries {
		entries[i] = string(r.bytes(r.uvarint()))
	}
	return entries
}

func (r *reader) texts(events []performance.Event, text func(*performance.Event) *string) {
	entries := r.dictionary()
	if len(entries) == 0 {
		r.fail("an empty dictionary")
		return
	}
	for i := range events {
		var entry uint64
		if len(entries) > 1 {
			entry = r.uvarint()
		}
		if entry >= uint64(len(entries)) {
			r.fail("entry %d", entry)
			return
		}
		*text(&events[i]) = entries[entry]
	}
}

func (r *reader) custom(events []performance.Event) {
	names := r.dictionary()
	if len(names) == 0 {
		return
	}
	for i := range events {
		n := r.uvarint()
		if n > uint64(len(r.left)) {
			r.fail("%d custom values", n)
			return
		}
		for range n {
			name, value := r.uvarint(), r.varint()
			if name >= uint64(len(names)) {
				r.fail("name %d", name)
				return
			}
			events[i].Custom = append(events[i].Custom, performance.Custom{Name: names[name], Value: value})
		}
	}
}

func (r *reader) ids(events []performance.Event) {
	kind := r.bytes(1)
	switch {
	case r.err != nil:
	case kind[0] == idsAreTexts:
		r.texts(events, func(e *performance.Event) *string { return &e.ID })
	case kind[0] == idsAreUUIDs:
		raw := r.bytes(16 * uint64(len(events)))
		for i := range events {
			if r.err == nil {
				events[i].ID = uuid.UUID(raw[16*i : 16*i+16]).String()
			}
		}
	default:
		r.fail("ids of kind %d", kind[0])
	}
}
