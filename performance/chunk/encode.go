package chunk

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"sync"

	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"

	"github.com/hexabuilders/campaignd/performance"
)

const (
	version      = 2
	flagRecorded = 1
	prefix       = 6 // version, flags, checksum

	// Fewer bytes than this are not worth the compressor's time.
	worthCompressing = 512
)

// The sections, in the order they are stored.
const (
	clocks = iota
	dimensions
	values
	rest
	ids
	numSections
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum covers every byte but its own four.
func checksum(body []byte) uint32 {
	return crc32.Update(crc32.Checksum(body[:2], castagnoli), castagnoli, body[prefix:])
}

// Encode writes the events of one commit, which are kept in the order given,
// into a new value. The campaign is not written: it is the key that the value
// is stored under.
func Encode(events []*performance.Event) []byte { return encode(events, nil) }

// EncodeMerged writes events of many commits, each with its own recorded_at.
func EncodeMerged(events []*performance.Event, recordedAt []int64) []byte {
	return encode(events, recordedAt)
}

func encode(events []*performance.Event, recordedAt []int64) []byte {
	w := writers.Get().(*writer)
	defer writers.Put(w)
	w.merged = recordedAt != nil
	out := make([]byte, prefix, prefix+64+24*len(events))
	out[0] = version
	if w.merged {
		out[1] |= flagRecorded
	}
	out = appendHead(out, events)

	present := w.appendClocks(events, recordedAt)
	out = w.section(out)
	for _, text := range dimensionTexts {
		w.appendTexts(events, text)
	}
	out = w.section(out)
	for m := range performance.NumMetrics {
		if present.Has(m) {
			w.appendValues(events, m)
		}
	}
	w.appendCustom(events)
	out = w.section(out)
	for _, text := range otherTexts {
		w.appendTexts(events, text)
	}
	out = w.section(out)
	w.appendIDs(events)
	out = w.section(out)

	binary.LittleEndian.PutUint32(out[2:], checksum(out))
	return out
}

var writers = sync.Pool{New: func() any { return &writer{index: map[string]int{}} }}

// writer holds the buffers of one encoding. What is appended gathers in column
// until section writes it out.
type writer struct {
	column, packed []byte
	index          map[string]int
	numbers        []int64
	uuids          []uuid.UUID
	merged         bool // worth more time than a commit has
}

func (w *writer) uvarint(v uint64) { w.column = binary.AppendUvarint(w.column, v) }
func (w *writer) varint(v int64)   { w.column = binary.AppendVarint(w.column, v) }

func (w *writer) text(text string) {
	w.uvarint(uint64(len(text)))
	w.column = append(w.column, text...)
}

// A commit is waited for; a merge happens once, and what it saves is saved for
// ever.
var (
	fast, _     = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false))
	thorough, _ = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderCRC(false))
)

// section writes the gathered columns out, compressed when that pays, and
// starts over.
func (w *writer) section(out []byte) []byte {
	body, packed := w.column, 0
	if len(w.column) >= worthCompressing {
		compressor := fast
		if w.merged {
			compressor = thorough
		}
		w.packed = compressor.EncodeAll(w.column, w.packed[:0])
		if len(w.packed) <= len(w.column)*15/16 {
			body, packed = w.packed, len(w.packed)
		}
	}
	out = binary.AppendUvarint(out, uint64(len(w.column)))
	out = binary.AppendUvarint(out, uint64(packed))
	out = append(out, body...)
	w.column = w.column[:0]
	return out
}

func appendHead(out []byte, events []*performance.Event) []byte {
	head := Summarize(events)
	out = binary.AppendUvarint(out, uint64(head.Count))
	out = binary.AppendVarint(out, head.First)
	out = binary.AppendVarint(out, head.Last)
	for m := range performance.Reach {
		out = binary.AppendVarint(out, *head.Sums.At(m))
	}
	return out
}

// units are what a column of numbers may be counted in: each divides the next.
// Times are often whole seconds, and money whole cents.
var units = [...]int64{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 60_000_000}

// appendNumbers writes the place of the column's unit, and each number in it.
func (w *writer) appendNumbers(numbers []int64) {
	unit := 0
	if w.merged {
		unit = unitOf(numbers)
	}
	w.column = append(w.column, byte(unit))
	if unit == 0 {
		for _, v := range numbers {
			w.varint(v)
		}
		return
	}
	for _, v := range numbers {
		w.varint(v / units[unit])
	}
}

func unitOf(numbers []int64) int {
	unit := len(units) - 1
	for _, v := range numbers {
		for v%units[unit] != 0 {
			unit--
		}
		if unit == 0 {
			break
		}
	}
	return unit
}

// appendClocks returns which metrics any event has.
func (w *writer) appendClocks(events []*performance.Event, recordedAt []int64) (present performance.Mask) {
	w.numbers = w.numbers[:0]
	var before int64
	for _, e := range events {
		w.numbers = append(w.numbers, e.OccurredAt-before)
		before = e.OccurredAt
	}
	w.appendNumbers(w.numbers)
	w.appendRecorded(recordedAt)
	for _, e := range events {
		given := e.Given()
		present |= given
		w.uvarint(uint64(given))
	}
	return present
}

// appendRecorded writes the number of commits, their times in order, and unless
// there is only one, each event's commit as the difference to the one before:
// events that came in order have 0 or 1.
func (w *writer) appendRecorded(recordedAt []int64) {
	if recordedAt == nil {
		return
	}
	commits := slices.Compact(slices.Sorted(slices.Values(recordedAt)))
	w.uvarint(uint64(len(commits)))
	var before int64
	for _, at := range commits {
		w.varint(at - before)
		before = at
	}
	if len(commits) == 1 {
		return
	}
	last := 0
	for _, at := range recordedAt {
		place, _ := slices.BinarySearch(commits, at)
		w.varint(int64(place - last))
		last = place
	}
}

func (w *writer) appendValues(events []*performance.Event, m performance.Metric) {
	w.numbers = w.numbers[:0]
	for _, e := range events {
		if e.Given().Has(m) {
			w.numbers = append(w.numbers, *e.At(m))
		}
	}
	w.appendNumbers(w.numbers)
}

type textOf = func(*performance.Event) *string

// The columns of text, in the order they are stored.
var (
	dimensionTexts = []textOf{
		func(e *performance.Event) *string { return &e.Channel },
		func(e *performance.Event) *string { return &e.Source },
		func(e *performance.Event) *string { return &e.Ad },
		func(e *performance.Event) *string { return &e.Creative },
		func(e *performance.Event) *string { return &e.Audience },
		func(e *performance.Event) *string { return &e.Country },
		func(e *performance.Event) *string { return &e.Device },
	}
	otherTexts = []textOf{
		func(e *performance.Event) *string { return &e.Currency },
		func(e *performance.Event) *string { return &e.CorrelationID },
		func(e *performance.Event) *string { return &e.Metadata },
		func(e *performance.Event) *string { return &e.Cause },
		func(e *performance.Event) *string { return &e.Reference },
	}
)

// appendTexts writes a column of texts: the dictionary's size, its entries in
// the order of first use, and unless there is only one, each event's entry.
func (w *writer) appendTexts(events []*performance.Event, text textOf) {
	if same(events, text) {
		w.column = append(w.column, 1)
		w.text(*text(events[0]))
		return
	}
	clear(w.index)
	var entries []string
	for _, e := range events {
		if _, ok := w.index[*text(e)]; !ok {
			w.index[*text(e)] = len(entries)
			entries = append(entries, *text(e))
		}
	}
	w.uvarint(uint64(len(entries)))
	for _, entry := range entries {
		w.text(entry)
	}
	for _, e := range events {
		w.uvarint(uint64(w.index[*text(e)]))
	}
}

func same(events []*performance.Event, text textOf) bool {
	first := *text(events[0])
	for _, e := range events[1:] {
		if *text(e) != first {
			return false
		}
	}
	return true
}

// appendCustom writes the number of names, the names, and for each event its
// number of values with the name's place and the value. Nothing more follows a
// number of names of 0.
func (w *writer) appendCustom(events []*performance.Event) {
	clear(w.index)
	var names []string
	for _, e := range events {
		for _, c := range e.Custom {
			if _, ok := w.index[c.Name]; !ok {
				w.index[c.Name] = len(names)
				names = append(names, c.Name)
			}
		}
	}
	w.uvarint(uint64(len(names)))
	for _, name := range names {
		w.text(name)
	}
	for _, e := range events {
		if len(names) == 0 {
			break
		}
		w.uvarint(uint64(len(e.Custom)))
		for _, c := range e.Custom {
			w.uvarint(uint64(w.index[c.Name]))
			w.varint(c.Value)
		}
	}
}
