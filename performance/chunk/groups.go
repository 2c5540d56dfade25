package chunk

import "github.com/hexabuilders/campaignd/performance"

// maxTable bounds the table that finds a group's cell by its code.
const maxTable = 1 << 16

// groups says what the codes of a chunk's groups mean: each combination of
// entries of the dimensions' dictionaries has one.
type groups struct {
	values []performance.Dimensions // by code
}

// readGroups gives each event in the span the code of its group.
func (s *Scanner) readGroups(r *reader, by [performance.NumDimensions]bool) groups {
	g := groups{values: make([]performance.Dimensions, 1)}
	for d := range performance.NumDimensions {
		entries := r.dictionary()
		if len(entries) == 0 {
			r.fail("an empty dictionary")
			return g
		}
		switch {
		case !by[d]:
			r.skipEntries(len(entries), len(s.codes))
		case len(entries) == 1:
			for i := range g.values {
				*g.values[i].Nth(d) = entries[0]
			}
		default:
			s.combine(r, &g, d, entries)
		}
	}
	return g
}

// skipEntries passes over a column of a dictionary's places.
func (r *reader) skipEntries(entries, events int) {
	switch {
	case entries == 1:
	case entries <= 0x80: // each place is one byte
		r.bytes(uint64(events))
	default:
		for range events {
			r.uvarint()
		}
	}
}

// combine tells the groups found so far apart by one more dimension. Only the
// combinations that occur get a code.
func (s *Scanner) combine(r *reader, g *groups, d int, entries []string) {
	place := newPlaces(len(g.values) * len(entries))
	var values []performance.Dimensions
	for i, code := range s.codes {
		entry := r.uvarint()
		if entry >= uint64(len(entries)) {
			r.fail("entry %d", entry)
			return
		}
		if code == outside {
			continue
		}
		at := place.of(int(code)*len(entries) + int(entry))
		if *at == 0 {
			value := g.values[code]
			*value.Nth(d) = entries[entry]
			values = append(values, value)
			*at = uint32(len(values))
		}
		s.codes[i] = *at - 1
	}
	g.values = values
}

// places finds small numbers by a key: in a table when the keys are few.
type places struct {
	table  []uint32
	sparse map[int]*uint32
}

func newPlaces(keys int) *places {
	if keys <= maxTable {
		return &places{table: make([]uint32, keys)}
	}
	return &places{sparse: map[int]*uint32{}}
}

func (p *places) of(key int) *uint32 {
	if p.sparse == nil {
		return &p.table[key]
	}
	at := p.sparse[key]
	if at == nil {
		at = new(uint32)
		p.sparse[key] = at
	}
	return at
}

// place finds the cell of each event and counts it there. A merged chunk's
// events are in the order of time, so that buckets follow each other.
func (s *Scanner) place(g groups, to *performance.Tally) error {
	s.cells = resized(s.cells, len(s.times))
	found := make([]*performance.Cell, len(g.values))
	var start, end int64
	for i, code := range s.codes {
		if code == outside {
			s.cells[i] = nil
			continue
		}
		if at := s.times[i]; at < start || at >= end {
			start, end = to.Bucket(at)
			clear(found)
		}
		if found[code] == nil {
			cell, err := to.Cell(s.times[i], &g.values[code])
			if err != nil {
				return err
			}
			found[code] = cell
		}
		s.cells[i] = found[code]
		s.cells[i].Events++
	}
	return nil
}
