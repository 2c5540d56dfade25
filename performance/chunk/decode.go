package chunk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"

	"github.com/hexabuilders/campaignd/performance"
)

// ErrCorrupt means that the stored bytes are not those that were written.
var ErrCorrupt = errors.New("chunk: the stored bytes are damaged")

// maxColumns bounds what a section may unpack to.
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
	events, _, err := Append(nil, body, campaign)
	return events, err
}

// Append decodes behind events that are there, in their room as far as it goes.
// It returns each new event's recorded_at as well; nil when the value does not
// have them, because its events are of one commit.
func Append(events []performance.Event, body []byte, campaign uuid.UUID) (all []performance.Event, recordedAt []int64, err error) {
	all = events
	recordedAt, err = decode(body, campaign, func(n int, _ []int64) rows {
		all = slices.Grow(events, n)[:len(events)+n]
		clear(all[len(events):])
		return rows{events: all[len(events):]}
	})
	if err != nil {
		return events, nil, err
	}
	return all, recordedAt, nil
}

func decode(body []byte, campaign uuid.UUID, place func(n int, recordedAt []int64) rows) (recordedAt []int64, err error) {
	r, err := open(body)
	if err != nil {
		return nil, err
	}
	head := r.head()
	if body[0] == versionOne {
		events, err := r.decodeOne(head, body[1], campaign)
		copy(place(len(events), nil).events, events)
		return nil, err
	}
	return r.decodeTwo(head, body[1], campaign, place)
}

func (r *reader) decodeTwo(head Head, flags byte, campaign uuid.UUID, place func(n int, recordedAt []int64) rows) (recordedAt []int64, err error) {
	var sections [numSections]reader
	for i := range sections {
		sections[i].left = r.section()
	}
	// Every event takes at least a byte in the column of times.
	if r.err != nil || head.Count == 0 || head.Count > len(sections[clocks].left) || len(r.left) > 0 {
		return nil, errors.Join(r.err, corrupt("count %d", head.Count))
	}
	times, masks := make([]int64, head.Count), make([]performance.Mask, head.Count)
	c := &sections[clocks]
	c.times(times)
	if flags&flagRecorded != 0 {
		recordedAt = c.recorded(head.Count)
	}
	present := c.masks(masks)
	if c.err != nil {
		return nil, c.err
	}
	to := place(head.Count, recordedAt)
	for i, at := range times {
		e := to.row(i)
		e.Campaign, e.OccurredAt, e.Present = campaign, at, masks[i]
	}
	for _, text := range dimensionTexts {
		sections[dimensions].texts(to, head.Count, text)
	}
	sections[values].values(to, masks, present)
	sections[values].custom(to, head.Count)
	for _, text := range otherTexts {
		sections[rest].texts(to, head.Count, text)
	}
	sections[ids].ids(to, head.Count)
	for i := range sections {
		if err := sections[i].end(); err != nil {
			return nil, err
		}
	}
	return recordedAt, nil
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

func open(body []byte) (*reader, error) {
	switch {
	case len(body) < prefix:
		return nil, corrupt("%d bytes", len(body))
	case body[0] != version && body[0] != versionOne:
		return nil, corrupt("version %d", body[0])
	case binary.LittleEndian.Uint32(body[2:]) != checksum(body):
		return nil, corrupt("checksum")
	}
	return &reader{left: body[prefix:]}, nil
}

var decompressor, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxColumns))

// section returns the next section's columns.
func (r *reader) section() []byte {
	full, packed := r.uvarint(), r.uvarint()
	if packed == 0 {
		return r.bytes(full)
	}
	return r.unpackInto(nil, full, r.bytes(packed))
}

func (r *reader) unpackInto(buffer []byte, full uint64, packed []byte) []byte {
	if r.err != nil || full > maxColumns {
		r.fail("length %d", full)
		return nil
	}
	columns, err := decompressor.DecodeAll(packed, buffer)
	if err != nil || uint64(len(columns)) != full {
		r.fail("compression: %v", err)
		return nil
	}
	return columns
}

func (r *reader) times(times []int64) {
	unit := r.unit()
	var at int64
	for i := range times {
		at += r.varint() * unit
		times[i] = at
	}
}

// recorded are the events' recorded_at.
func (r *reader) recorded(events int) []int64 {
	commits := r.commits()
	recordedAt := make([]int64, events)
	r.places(len(commits), events, func(i, place int) { recordedAt[i] = commits[place] })
	return recordedAt
}

// unit is what a column of numbers is counted in.
func (r *reader) unit() int64 {
	place := r.bytes(1)
	if r.err != nil || int(place[0]) >= len(units) {
		r.fail("a unit")
		return 0
	}
	return units[place[0]]
}

// commits are the recorded_at of a merged chunk, in their order.
func (r *reader) commits() []int64 {
	n := r.uvarint()
	if n == 0 || n > uint64(len(r.left)) { // every commit takes a byte at least
		r.fail("%d commits", n)
		return nil
	}
	commits := make([]int64, n)
	var at int64
	for i := range commits {
		at += r.varint()
		commits[i] = at
	}
	return commits
}

// places gives each event's place among the commits.
func (r *reader) places(commits, events int, f func(i, place int)) {
	var place int64
	for i := range events {
		if commits > 1 {
			place += r.varint()
		}
		if place < 0 || place >= int64(commits) {
			r.fail("commit %d", place)
			return
		}
		f(i, int(place))
	}
}

func (r *reader) masks(masks []performance.Mask) (present performance.Mask) {
	for i := range masks {
		masks[i] = performance.Mask(r.uvarint())
		present |= masks[i]
	}
	return present
}

func (r *reader) values(to rows, masks []performance.Mask, present performance.Mask) {
	for m := range performance.NumMetrics {
		if !present.Has(m) {
			continue
		}
		unit := r.unit()
		for i, mask := range masks {
			if mask.Has(m) {
				*to.row(i).At(m) = r.varint() * unit
			}
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

func (r *reader) texts(to rows, n int, text textOf) {
	entries := r.dictionary()
	if len(entries) == 0 {
		r.fail("an empty dictionary")
		return
	}
	if len(entries) == 1 {
		for i := 0; i < n && entries[0] != ""; i++ {
			*text(to.row(i)) = entries[0]
		}
		return
	}
	for i := range n {
		entry := r.uvarint()
		if entry >= uint64(len(entries)) {
			r.fail("entry %d", entry)
			return
		}
		*text(to.row(i)) = entries[entry]
	}
}

func (r *reader) custom(to rows, n int) {
	names := r.dictionary()
	if len(names) == 0 {
		return
	}
	for i := range n {
		values := r.uvarint()
		if values > uint64(len(r.left)) {
			r.fail("%d custom values", values)
			return
		}
		e := to.row(i)
		for range values {
			name, value := r.uvarint(), r.varint()
			if name >= uint64(len(names)) {
				r.fail("name %d", name)
				return
			}
			e.Custom = append(e.Custom, performance.Custom{Name: names[name], Value: value})
		}
	}
}
