package chunk

import (
	"encoding/binary"
	"hash/crc32"
	"sync"

	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"

	"github.com/hexabuilders/campaignd/performance"
)

const (
	version        = 1
	flagCompressed = 1
	prefix         = 6 // version, flags, checksum

	// Fewer bytes than this are not worth the compressor's time.
	worthCompressing = 512
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum covers every byte but its own four.
func checksum(body []byte) uint32 {
	return crc32.Update(crc32.Checksum(body[:2], castagnoli), castagnoli, body[prefix:])
}

// Encode writes events, which are kept in the order given, into a new value.
// The campaign is not written: it is the key that the value is stored under.
func Encode(events []*performance.Event) []byte {
	w := writers.Get().(*writer)
	defer writers.Put(w)
	w.columns = w.appendColumns(w.columns[:0], events)

	out := make([]byte, prefix, prefix+64+len(w.columns)+17*len(events))
	out[0] = version
	out = appendHead(out, events)
	packed := w.compress()
	if packed != nil {
		out[1] |= flagCompressed
		out = binary.AppendUvarint(out, uint64(len(packed)))
		out = binary.AppendUvarint(out, uint64(len(w.columns)))
		out = append(out, packed...)
	} else {
		out = binary.AppendUvarint(out, uint64(len(w.columns)))
		out = append(out, w.columns...)
	}
	out = w.appendIDs(out, events)
	binary.LittleEndian.PutUint32(out[2:], checksum(out))
	return out
}

var writers = sync.Pool{New: func() any { return &writer{index: map[string]int{}} }}

// writer holds the buffers of one encoding.
type writer struct {
	columns, packed []byte
	index           map[string]int
}

var compressor, _ = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false))

// compress returns the columns compressed, or nil when that does not pay.
func (w *writer) compress() []byte {
	if len(w.columns) < worthCompressing {
		return nil
	}
	w.packed = compressor.EncodeAll(w.columns, w.packed[:0])
	if len(w.packed) > len(w.columns)*7/8 {
		return nil
	}
	return w.packed
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

func (w *writer) appendColumns(out []byte, events []*performance.Event) []byte {
	var before int64
	for _, e := range events {
		out = binary.AppendVarint(out, e.OccurredAt-before)
		before = e.OccurredAt
	}
	var present performance.Mask
	for _, e := range events {
		given := e.Given()
		present |= given
		out = binary.AppendUvarint(out, uint64(given))
	}
	for _, text := range texts {
		out = w.appendTexts(out, events, text)
	}
	for m := range performance.NumMetrics {
		if present.Has(m) {
			out = appendValues(out, events, m)
		}
	}
	return w.appendCustom(out, events)
}

func appendValues(out []byte, events []*performance.Event, m performance.Metric) []byte {
	for _, e := range events {
		if e.Given().Has(m) {
			out = binary.AppendVarint(out, *e.At(m))
		}
	}
	return out
}

// texts are the columns of text, in the order they are stored.
var texts = []func(*performance.Event) *string{
	func(e *performance.Event) *string { return &e.Channel },
	func(e *performance.Event) *string { return &e.Source },
	func(e *performance.Event) *string { return &e.Ad },
	func(e *performance.Event) *string { return &e.Creative },
	func(e *performance.Event) *string { return &e.Audience },
	func(e *performance.Event) *string { return &e.Country },
	func(e *performance.Event) *string { return &e.Device },
	func(e *performance.Event) *string { return &e.Currency },
	func(e *performance.Event) *string { return &e.CorrelationID },
	func(e *performance.Event) *string { return &e.Metadata },
}

// appendTexts writes a column of texts: the dictionary's size, its entries in
// the order of first use, and unless there is only one, each event's entry.
func (w *writer) appendTexts(out []byte, events []*performance.Event, text func(*performance.Event) *string) []byte {
	if same(events, text) {
		out = append(out, 1)
		return appendText(out, *text(events[0]))
	}
	clear(w.index)
	var entries []string
	for _, e := range events {
		if _, ok := w.index[*text(e)]; !ok {
			w.index[*text(e)] = len(entries)
			entries = append(entries, *text(e))
		}
	}
	out = binary.AppendUvarint(out, uint64(len(entries)))
	for _, entry := range entries {
		out = appendText(out, entry)
	}
	for _, e := range events {
		out = binary.AppendUvarint(out, uint64(w.index[*text(e)]))
	}
	return out
}

func same(events []*performance.Event, text func(*performance.Event) *string) bool {
	first := *text(events[0])
	for _, e := range events[1:] {
		if *text(e) != first {
			return false
		}
	}
	return true
}

func appendText(out []byte, text string) []byte {
	out = binary.AppendUvarint(out, uint64(len(text)))
	return append(out, text...)
}

// appendCustom writes the number of names, the names, and for each event its
// number of values with the name's place and the value. Nothing more follows a
// number of names of 0.
func (w *writer) appendCustom(out []byte, events []*performance.Event) []byte {
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
	out = binary.AppendUvarint(out, uint64(len(names)))
	for _, name := range names {
		out = appendText(out, name)
	}
	for _, e := range events {
		if len(names) == 0 {
			break
		}
		out = binary.AppendUvarint(out, uint64(len(e.Custom)))
		for _, c := range e.Custom {
			out = binary.AppendUvarint(out, uint64(w.index[c.Name]))
			out = binary.AppendVarint(out, c.Value)
		}
	}
	return out
}

const (
	idsAreUUIDs = 0
	idsAreTexts = 1
)

func (w *writer) appendIDs(out []byte, events []*performance.Event) []byte {
	start := len(out)
	out = append(out, idsAreUUIDs)
	for _, e := range events {
		id, ok := canonical(e.ID)
		if !ok {
			out = append(out[:start], idsAreTexts)
			return w.appendTexts(out, events, func(e *performance.Event) *string { return &e.ID })
		}
		out = append(out, id[:]...)
	}
	return out
}

// canonical reads an id that is a UUID in the one form that is printed back to
// the same text.
func canonical(id string) (uuid.UUID, bool) {
	if len(id) != 36 {
		return uuid.Nil, false
	}
	for i := range len(id) {
		if c := id[i]; c >= 'A' && c <= 'F' {
			return uuid.Nil, false
		}
	}
	u, err := uuid.Parse(id)
	return u, err == nil
}
