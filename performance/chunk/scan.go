package chunk

import (
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// Scanner adds the events of chunks to a tally without making events of them:
// ids and texts stay packed, and values are added as they are read. Its buffers
// serve one chunk after the other; it is not safe for concurrent use.
type Scanner struct {
	clocks, dimensions, values []byte // unpacked
	times                      []int64
	masks                      []performance.Mask
	present                    performance.Mask
	cells                      []*performance.Cell // of each event; nil: not in the span
	codes                      []uint32            // of each event's group
	known                      []bool              // by commit
}

// Add adds those events of a chunk that lie in the span. recordedAt is that of
// a chunk whose events do not have their own.
func (s *Scanner) Add(body []byte, recordedAt int64, span performance.Span, to *performance.Tally) error {
	r, err := open(body)
	if err != nil {
		return err
	}
	head := r.head()
	if body[0] == versionOne {
		return addOne(r, head, body[1], recordedAt, span, to)
	}
	sections, err := s.unpack(r, head)
	if err != nil {
		return err
	}
	c, d, v := &sections[clocks], &sections[dimensions], &sections[values]
	if body[1]&flagRecorded == 0 && (recordedAt < span.KnownFrom || recordedAt >= span.KnownTo) {
		return nil
	}
	s.readTimes(c, head.Count, span)
	if body[1]&flagRecorded != 0 {
		s.readCommits(c, span)
	}
	s.readMasks(c)
	groups := s.readGroups(d, to.GroupedBy())
	if c.err != nil || d.err != nil {
		return corrupt("clocks %v, dimensions %v", c.err, d.err)
	}
	if err := s.place(groups, to); err != nil {
		return err
	}
	s.addValues(v)
	s.addCustom(v)
	return v.end()
}

// unpack unpacks the sections that are needed.
func (s *Scanner) unpack(r *reader, head Head) (sections [3]reader, err error) {
	for i, buffer := range []*[]byte{&s.clocks, &s.dimensions, &s.values} {
		full, packed := r.uvarint(), r.uvarint()
		if packed == 0 {
			sections[i].left = r.bytes(full)
			continue
		}
		*buffer = r.unpackInto((*buffer)[:0], full, r.bytes(packed))
		sections[i].left = *buffer
	}
	if r.err != nil || head.Count == 0 || head.Count > len(sections[clocks].left) {
		return sections, corrupt("count %d", head.Count)
	}
	return sections, nil
}

// outside marks an event that is not in the span.
const outside = ^uint32(0)

func (s *Scanner) readTimes(r *reader, count int, span performance.Span) {
	s.times, s.codes = resized(s.times, count), resized(s.codes, count)
	unit := r.unit()
	var at int64
	for i := range s.times {
		at += r.varint() * unit
		s.times[i] = at
		s.codes[i] = 0
		if at < span.From || at >= span.To {
			s.codes[i] = outside
		}
	}
}

func (s *Scanner) readCommits(r *reader, span performance.Span) {
	commits := r.commits()
	s.known = resized(s.known, len(commits))
	for i, at := range commits {
		s.known[i] = at >= span.KnownFrom && at < span.KnownTo
	}
	r.places(len(commits), len(s.times), func(i, place int) {
		if !s.known[place] {
			s.codes[i] = outside
		}
	})
}

func (s *Scanner) readMasks(r *reader) {
	s.masks, s.present = resized(s.masks, len(s.times)), 0
	for i := range s.masks {
		s.masks[i] = performance.Mask(r.uvarint())
		s.present |= s.masks[i]
	}
}

// addValues adds every column to the events' cells.
func (s *Scanner) addValues(r *reader) {
	for m := range performance.NumMetrics {
		if !s.present.Has(m) {
			continue
		}
		unit := r.unit()
		for i, mask := range s.masks {
			if !mask.Has(m) {
				continue
			}
			value := r.varint() * unit
			switch c := s.cells[i]; {
			case c == nil:
			case m < performance.Reach:
				c.Sums[m] += value
			default:
				c.SetGauge(m, s.times[i], value)
			}
		}
	}
}

func (s *Scanner) addCustom(r *reader) {
	names := r.dictionary()
	for i := range s.cells {
		if len(names) == 0 {
			return
		}
		for range r.uvarint() {
			name, value := r.uvarint(), r.varint()
			if r.err != nil || name >= uint64(len(names)) {
				r.fail("name %d", name)
				return
			}
			if c := s.cells[i]; c != nil {
				c.AddCustom(performance.Custom{Name: names[name], Value: value})
			}
		}
	}
}

// addOne adds a chunk of layout 1.
func addOne(r *reader, head Head, flags byte, recordedAt int64, span performance.Span, to *performance.Tally) error {
	events, err := r.decodeOne(head, flags, uuid.Nil)
	for i := range events {
		e := &events[i]
		if err != nil || recordedAt < span.KnownFrom || recordedAt >= span.KnownTo {
			break
		}
		if e.OccurredAt >= span.From && e.OccurredAt < span.To {
			err = to.Add(e)
		}
	}
	return err
}

// resized is a buffer of a length, with room that is kept.
func resized[T any](buffer []T, length int) []T {
	if cap(buffer) < length {
		return make([]T, length, length+length/4)
	}
	return buffer[:length]
}
