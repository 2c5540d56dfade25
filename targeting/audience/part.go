package audience

import (
	"encoding/binary"
	"iter"

	"github.com/hexabuilders/campaignd/targeting/identity"
)

// PartRows is how many rows of an upload are written at once. It bounds what an
// upload holds in memory while it comes in.
const PartRows = 16384

// Part gathers rows on their way into the store.
type Part struct {
	rows  []byte
	names []string
	place map[string]uint64
	count int
	block []byte
}

// Add appends a row.
func (p *Part) Add(r *Row) {
	if p.place == nil {
		p.place = map[string]uint64{}
	}
	p.rows = append(p.rows, byte(len(r.IDs)))
	for _, id := range r.IDs {
		p.rows = append(append(p.rows, byte(id.Kind)), id.Hash[:]...)
	}
	p.rows = binary.AppendUvarint(p.rows, uint64(len(r.Attributes)))
	for _, a := range r.Attributes {
		p.rows = appendText(binary.AppendUvarint(p.rows, p.name(a.Name)), a.Value)
	}
	p.rows = appendDays(p.rows, r.Days)
	p.count++
}

func (p *Part) name(name string) uint64 {
	at, ok := p.place[name]
	if !ok {
		at = uint64(len(p.names))
		p.place[name], p.names = at, append(p.names, name)
	}
	return at
}

// Rows is how many rows it holds.
func (p *Part) Rows() int { return p.count }

// Full reports whether it should be written: by rows, or by bytes when rows
// are long.
func (p *Part) Full() bool { return p.count >= PartRows || len(p.rows) > 4<<20 }

// Take is the rows as a block, which is good until the next Take. The part is
// empty then.
func (p *Part) Take() []byte {
	b := begin(p.block)
	b = binary.AppendUvarint(b, uint64(len(p.names)))
	for _, name := range p.names {
		b = appendText(b, name)
	}
	b = binary.AppendUvarint(b, uint64(p.count))
	p.block = seal(append(b, p.rows...))
	p.rows, p.count = p.rows[:0], 0
	return p.block
}

// Rows goes through the rows of a part, each in the same Row, with its number.
// A damaged part yields an error.
func Rows(block []byte) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		r := unseal(block)
		names := make([]string, r.count(1))
		for i := range names {
			names[i] = r.text()
		}
		var row Row
		for range r.count(1) {
			row.reset()
			r.row(&row, names)
			if r.err != nil || !yield(&row, nil) {
				break
			}
		}
		if r.err != nil {
			yield(nil, r.err)
		}
	}
}

func (r *reader) row(row *Row, names []string) {
	row.IDs = r.ids(row.IDs)
	for range r.count(1) {
		at := r.uvarint()
		if at >= uint64(len(names)) {
			r.fail()
			return
		}
		row.Attributes = append(row.Attributes, Attribute{names[at], r.text()})
	}
	row.Days = r.days(row.Days)
}

// ids reads identifiers: their number in a byte, each its kind and its hash.
func (r *reader) ids(into []identity.ID) []identity.ID {
	for range r.bytes(1)[0] {
		b := r.bytes(1 + len(identity.Hash{}))
		if r.err != nil {
			return into
		}
		into = append(into, identity.ID{Kind: identity.Kind(b[0]), Hash: identity.Hash(b[1:])})
	}
	return into
}

func appendDays(into []byte, days []Day) []byte {
	into = binary.AppendUvarint(into, uint64(len(days)))
	last := int64(0)
	for _, d := range days {
		into = binary.AppendVarint(into, int64(d.Day)-last)
		into = binary.AppendUvarint(into, uint64(d.Visits))
		into = binary.AppendUvarint(into, uint64(d.Purchases))
		into = binary.AppendVarint(into, d.Value)
		last = int64(d.Day)
	}
	return into
}

func (r *reader) days(into []Day) []Day {
	last := int64(0)
	for range r.count(4) {
		last += r.varint()
		visits, purchases := r.uvarint(), r.uvarint()
		if last != int64(int32(last)) || visits>>32 != 0 || purchases>>32 != 0 {
			r.fail()
		}
		into = append(into, Day{int32(last), uint32(visits), uint32(purchases), r.varint()})
	}
	return into
}
