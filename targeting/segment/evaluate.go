package segment

import (
	"math/bits"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// marks says of each person of a block whether a rule holds.
type marks [audience.BlockPeople / 64]uint64

func (m *marks) set(slot int)     { m[slot>>6] |= 1 << (slot & 63) }
func (m *marks) and(other *marks) { m.each(other, func(a, b uint64) uint64 { return a & b }) }
func (m *marks) or(other *marks)  { m.each(other, func(a, b uint64) uint64 { return a | b }) }
func (m *marks) invert()          { m.each(m, func(a, _ uint64) uint64 { return ^a }) }
func (m *marks) count() (total int) {
	for _, w := range m {
		total += bits.OnesCount64(w)
	}
	return total
}

func (m *marks) each(other *marks, join func(a, b uint64) uint64) {
	for i := range m {
		m[i] = join(m[i], other[i])
	}
}

// everybody marks all.
func everybody() *marks {
	m := &marks{}
	m.invert()
	return m
}

// marksOf are the people of a set who are in a block.
func marksOf(set *roaring.Bitmap, first uint32) *marks {
	m := &marks{}
	it := set.Iterator()
	it.AdvanceIfNeeded(first)
	for it.HasNext() && it.PeekNext()-first < audience.BlockPeople {
		m.set(int(it.Next() - first))
	}
	return m
}

// addTo puts the marked people of a block into a set, and takes the others out.
func (m *marks) addTo(set *roaring.Bitmap, first uint32) {
	set.RemoveRange(uint64(first), uint64(first)+audience.BlockPeople)
	var people []uint32
	for i, w := range m {
		for ; w != 0; w &= w - 1 {
			people = append(people, first+uint32(i<<6+bits.TrailingZeros64(w)))
		}
	}
	set.AddMany(people)
}

// scene is a block with what a rule's conditions look at.
type scene struct {
	audience.Block
	attributes []string
	today      int32
	sets       map[uuid.UUID]*roaring.Bitmap // the audiences that the rule names
}

// marks evaluates a rule over the block.
func (s *scene) marks(r *Rule) *marks {
	switch {
	case len(r.All) > 0:
		m := everybody()
		for i := range r.All {
			m.and(s.marks(&r.All[i]))
		}
		return m
	case len(r.Any) > 0:
		m := &marks{}
		for i := range r.Any {
			m.or(s.marks(&r.Any[i]))
		}
		return m
	case r.Not != nil:
		m := s.marks(r.Not)
		m.invert()
		return m
	case r.Attribute != "":
		return s.attribute(r)
	case r.Behavior != "":
		return s.behavior(r)
	}
	return marksOf(s.sets[r.Audience], s.First)
}

// attribute judges each word of the column's dictionary once.
func (s *scene) attribute(r *Rule) *marks {
	column := s.Values[slices.Index(s.attributes, r.Attribute)]
	holds := make([]bool, len(column.Words)+1)
	holds[0] = r.Known != nil && !*r.Known && len(r.In) == 0 && r.Min == nil && r.Max == nil
	for i, word := range column.Words {
		holds[i+1] = r.meets(word)
	}
	m := &marks{}
	for slot, code := range column.Codes {
		if holds[code] {
			m.set(slot)
		}
	}
	return m
}

func (s *scene) behavior(r *Rule) *marks {
	m := &marks{}
	for slot, days := range &s.Doings.Days {
		if r.did(days, s.today) {
			m.set(slot)
		}
	}
	return m
}

// did judges what a person did. Whoever did nothing has 0 visits and purchases,
// and no last one.
func (r *Rule) did(days []audience.Day, today int32) bool {
	var sum int64
	last := int32(-1)
	for _, d := range days {
		if r.WindowDays > 0 && d.Day <= today-int32(r.WindowDays) {
			continue
		}
		switch r.Behavior {
		case Visits:
			sum += int64(d.Visits) * money.Unit
		case Purchases:
			sum += int64(d.Purchases) * money.Unit
		case PurchaseValue:
			sum += d.Value
		case LastVisit:
			last = later(last, d.Day, d.Visits)
		case LastPurchase:
			last = later(last, d.Day, d.Purchases)
		}
	}
	if r.Behavior == LastVisit || r.Behavior == LastPurchase {
		return last >= 0 && r.within(int64(today-last)*money.Unit)
	}
	return r.within(sum)
}

func later(last, day int32, count uint32) int32 {
	if count > 0 {
		return max(last, day)
	}
	return last
}
