package chunk

import (
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// Kinds of the section of ids.
const (
	idsAreUUIDs = 0 // 16 bytes each
	idsAreTexts = 1 // a text column
	idsAreTimed = 2 // UUIDs of version 7
)

// appendIDs writes a byte for the kind, and the ids. Of UUIDs of version 7 the
// fixed bits are left out and the time is a difference to the one before: first
// the times, then 8 bytes each, 1 byte each, and 2 bits each of what is random.
// That is some 11 bytes an id, of which no compressor would take any.
func (w *writer) appendIDs(events []*performance.Event) {
	w.uuids = w.uuids[:0]
	timed := true
	for _, e := range events {
		id, ok := canonical(e.ID)
		if !ok {
			w.column = append(w.column, idsAreTexts)
			w.appendTexts(events, func(e *performance.Event) *string { return &e.ID })
			return
		}
		w.uuids = append(w.uuids, id)
		timed = timed && id[6]>>4 == 7 && id[8]>>6 == 2
	}
	if timed {
		w.column = append(w.column, idsAreTimed)
		w.appendTimed()
		return
	}
	w.column = append(w.column, idsAreUUIDs)
	for _, id := range w.uuids {
		w.column = append(w.column, id[:]...)
	}
}

// split parts a version 7 UUID into its milliseconds and its 74 random bits.
func split(id uuid.UUID) (at int64, high uint16, low uint64) {
	random := uint64(id[6]&0x0f)<<8 | uint64(id[7])      // 12 bits
	low = binary.BigEndian.Uint64(id[8:]) & (1<<62 - 1)  // 62 bits
	at = int64(binary.BigEndian.Uint64(id[:8]) >> 16)    // 48 bits
	return at, uint16(random >> 2), low | (random&3)<<62 //
}

// join is the inverse of split.
func join(at int64, high uint16, low uint64) (id uuid.UUID) {
	random := uint64(high)<<2 | low>>62
	binary.BigEndian.PutUint64(id[:], uint64(at)<<16|7<<12|random)
	binary.BigEndian.PutUint64(id[8:], 1<<63|low&(1<<62-1))
	return id
}

func (w *writer) appendTimed() {
	var before int64
	for _, id := range w.uuids {
		at, _, _ := split(id)
		w.varint(at - before)
		before = at
	}
	for _, id := range w.uuids {
		_, _, low := split(id)
		w.column = binary.LittleEndian.AppendUint64(w.column, low)
	}
	for _, id := range w.uuids {
		_, high, _ := split(id)
		w.column = append(w.column, byte(high))
	}
	for i, id := range w.uuids {
		_, high, _ := split(id)
		if i%4 == 0 {
			w.column = append(w.column, 0)
		}
		w.column[len(w.column)-1] |= byte(high>>8) << (i % 4 * 2)
	}
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

func (r *reader) ids(to rows, n int) {
	kind := r.bytes(1)
	if r.err != nil {
		return
	}
	switch kind[0] {
	case idsAreTexts:
		r.texts(to, n, func(e *performance.Event) *string { return &e.ID })
	case idsAreUUIDs:
		if raw := r.bytes(16 * uint64(n)); r.err == nil {
			printIDs(to, n, func(i int) uuid.UUID { return uuid.UUID(raw[16*i : 16*i+16]) })
		}
	case idsAreTimed:
		r.timed(to, n)
	default:
		r.fail("ids of kind %d", kind[0])
	}
}

func (r *reader) timed(to rows, n int) {
	times := make([]int64, n)
	var at int64
	for i := range times {
		if at += r.varint(); at < 0 || at >= 1<<48 {
			r.fail("an id's time of %d", at)
			return
		}
		times[i] = at
	}
	count := uint64(n)
	low, high, top := r.bytes(8*count), r.bytes(count), r.bytes((count+3)/4)
	if r.err != nil {
		return
	}
	printIDs(to, n, func(i int) uuid.UUID {
		bits := uint16(high[i]) | uint16(top[i/4]>>(i%4*2)&3)<<8
		return join(times[i], bits, binary.LittleEndian.Uint64(low[8*i:]))
	})
}

// printIDs writes the ids into one text that they share: an allocation for each
// would take as long as all the rest.
func printIDs(to rows, n int, id func(i int) uuid.UUID) {
	const length = 36
	var text strings.Builder
	text.Grow(length * n)
	var one [length]byte
	one[8], one[13], one[18], one[23] = '-', '-', '-', '-'
	for i := range n {
		u := id(i)
		hex.Encode(one[:], u[:4])
		hex.Encode(one[9:], u[4:6])
		hex.Encode(one[14:], u[6:8])
		hex.Encode(one[19:], u[8:10])
		hex.Encode(one[24:], u[10:])
		text.Write(one[:])
	}
	all := text.String()
	for i := range n {
		to.row(i).ID = all[length*i : length*i+length]
	}
}
