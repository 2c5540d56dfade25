package segment

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// village is a partner's people, audiences and segments, in memory: a few in
// each of some blocks, so that every step touches only some of them.
type village struct {
	now      time.Time
	partner  uuid.UUID
	lists    map[uuid.UUID]*roaring.Bitmap
	everyone *roaring.Bitmap
	known    map[uint32]known
	version  int64
	changed  map[int64]int64 // by block: the version that it was written at
	read     int             // blocks
	segments map[uuid.UUID]kept
	members  map[uuid.UUID]*roaring.Bitmap // of what was derived
}

type known struct {
	values map[string]string
	days   []audience.Day
}

type kept struct {
	state State
	match Match
}

const (
	blocks   = 6 // of people
	perBlock = 8
)

var attributes = []string{"age", "city"}

func newVillage() *village {
	v := &village{
		now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), partner: uuid.New(), everyone: roaring.New(), known: map[uint32]known{},
		lists: map[uuid.UUID]*roaring.Bitmap{{1}: roaring.New(), {2}: roaring.New()}, changed: map[int64]int64{},
		segments: map[uuid.UUID]kept{}, members: map[uuid.UUID]*roaring.Bitmap{},
	}
	return v
}

func (v *village) service() *Service {
	return NewService(v, folk{v}, func() time.Time { return v.now }, uuid.New)
}

func (v *village) Insert(_ context.Context, s *Segment) error {
	v.segments[s.state.ID] = kept{state: s.State()}
	return nil
}

func (v *village) Get(_ context.Context, partner, id uuid.UUID) (*Segment, Match, error) {
	s, ok := v.segments[id]
	if !ok || partner != v.partner {
		return nil, Match{}, ErrNotFound
	}
	return Restore(s.state), s.match, nil
}

func (v *village) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Segment) (*Match, error)) (*Segment, error) {
	s, match, err := v.Get(ctx, partner, id)
	if err != nil {
		return nil, err
	}
	if revision != 0 && revision != s.state.Revision {
		return nil, ErrStale
	}
	keep, err := change(s)
	if err != nil {
		return nil, err
	}
	if keep != nil {
		match = *keep
	}
	v.segments[id] = kept{s.State(), match}
	return s, nil
}

func (v *village) List(context.Context, uuid.UUID, int, string) ([]*Segment, string, error) {
	return nil, "", errors.New("not used here")
}

func (v *village) Due(context.Context, int32, int) ([]*Segment, error) {
	return nil, errors.New("not used here")
}

func (v *village) Members(_ context.Context, partner, id uuid.UUID) (audience.State, *roaring.Bitmap, error) {
	if partner == v.partner && v.lists[id] != nil {
		return audience.State{ID: id, Partner: partner, Kind: audience.Custom}, v.lists[id].Clone(), nil
	}
	if partner == v.partner && v.members[id] != nil {
		return audience.State{ID: id, Partner: partner, Kind: audience.Segment}, v.members[id].Clone(), nil
	}
	return audience.State{}, nil, audience.ErrNotFound
}

func (v *village) Everyone(context.Context, uuid.UUID) (*roaring.Bitmap, error) {
	return v.everyone.Clone(), nil
}

func (v *village) Changed(_ context.Context, _ uuid.UUID, since int64) (version int64, written []int64, err error) {
	for block, at := range v.changed {
		if at > since {
			written = append(written, block)
		}
	}
	slices.Sort(written)
	return v.version, written, nil
}

func (v *village) Blocks(_ context.Context, _ uuid.UUID, people *roaring.Bitmap, want audience.Want, visit func(audience.Block) error) error {
	last := int64(-1)
	for it := people.Iterator(); it.HasNext(); {
		block, _ := audience.BlockOf(it.Next())
		if block == last {
			continue
		}
		last = block
		v.read++
		if err := visit(v.block(block, want)); err != nil {
			return err
		}
	}
	return nil
}

func (v *village) block(block int64, want audience.Want) audience.Block {
	b := audience.Block{First: uint32(block * audience.BlockPeople), Doings: &audience.Doings{}}
	for range want.Attributes {
		b.Values = append(b.Values, audience.NewValues())
	}
	for person, k := range v.known {
		if in, slot := audience.BlockOf(person); in == block {
			for i, name := range want.Attributes {
				if value := k.values[name]; value != "" {
					b.Values[i].Set(slot, value)
				}
			}
			b.Doings.Days[slot] = k.days
		}
	}
	return b
}

func (v *village) Derive(_ context.Context, _ event.Origin, in audience.New, people *roaring.Bitmap) (audience.State, error) {
	v.members[in.ID] = people.Clone()
	return audience.State{ID: in.ID, Size: int64(people.GetCardinality())}, nil
}

func (v *village) Delete(context.Context, uuid.UUID, uuid.UUID, int64, func(*Segment)) error {
	return errors.New("not used here")
}

// folk is the village as the people's service.
type folk struct{ *village }

func (folk) Delete(context.Context, event.Origin, uuid.UUID, int64) error {
	return errors.New("not used here")
}

// learn is an upload that says something of somebody.
func (v *village) learn(person uint32, k known) {
	v.everyone.Add(person)
	v.known[person] = k
	v.touch(person)
}

// forget erases somebody, as the store does: from sets and columns at once.
func (v *village) forget(person uint32) {
	v.everyone.Remove(person)
	delete(v.known, person)
	for _, sets := range []map[uuid.UUID]*roaring.Bitmap{v.lists, v.members} {
		for _, set := range sets {
			set.Remove(person)
		}
	}
	v.touch(person)
}

func (v *village) touch(person uint32) {
	block, _ := audience.BlockOf(person)
	v.version++
	v.changed[block] = v.version
}

// holds judges one person by a rule as its documentation says it: the other way
// to the answer, without blocks and marks.
func (v *village) holds(r Rule, person uint32) bool {
	match := func(r Rule) bool { return v.holds(r, person) }
	k := v.known[person]
	switch {
	case r.All != nil:
		return !slices.ContainsFunc(r.All, func(r Rule) bool { return !match(r) })
	case r.Any != nil:
		return slices.ContainsFunc(r.Any, match)
	case r.Not != nil:
		return !match(*r.Not)
	case r.Audience != uuid.Nil:
		return v.lists[r.Audience].Contains(person)
	case r.Attribute != "":
		return attributeHolds(r, k.values[r.Attribute])
	}
	return behaviorHolds(r, k.days, audience.DayOf(v.now))
}

func attributeHolds(r Rule, value string) bool {
	if value == "" {
		return r.Known != nil && !*r.Known && r.In == nil && r.Min == nil && r.Max == nil
	}
	if r.Known != nil && !*r.Known || r.In != nil && !slices.Contains(r.In, value) {
		return false
	}
	if r.Min == nil && r.Max == nil {
		return true
	}
	micros, err := money.ParseMicros(value)
	return err == nil && between(r, micros)
}

func behaviorHolds(r Rule, days []audience.Day, today int32) bool {
	var visits, purchases, value, visited, bought int64 = 0, 0, 0, -1, -1
	for _, d := range days {
		ago := int64(today - d.Day)
		if r.WindowDays > 0 && ago >= int64(r.WindowDays) {
			continue
		}
		visits, purchases, value = visits+int64(d.Visits), purchases+int64(d.Purchases), value+d.Value
		if d.Visits > 0 {
			visited = ago
		}
		if d.Purchases > 0 {
			bought = ago
		}
	}
	switch r.Behavior {
	case Visits:
		return between(r, visits*money.Unit)
	case Purchases:
		return between(r, purchases*money.Unit)
	case PurchaseValue:
		return between(r, value)
	case LastVisit:
		return visited >= 0 && between(r, visited*money.Unit)
	}
	return bought >= 0 && between(r, bought*money.Unit)
}

func between(r Rule, micros int64) bool {
	return (r.Min == nil || int64(*r.Min) <= micros) && (r.Max == nil || micros <= int64(*r.Max))
}

// picks counts, one by one, those of a list, or everybody, for whom a rule holds.
func (v *village) picks(base uuid.UUID, r Rule) *roaring.Bitmap {
	from, found := v.everyone, roaring.New()
	if base != uuid.Nil {
		from = v.lists[base]
	}
	for it := from.Iterator(); it.HasNext(); {
		if person := it.Next(); v.holds(r, person) {
			found.Add(person)
		}
	}
	return found
}

func drawPerson(t *rapid.T) uint32 {
	return uint32(rapid.IntRange(0, blocks-1).Draw(t, "block")*audience.BlockPeople + rapid.IntRange(0, perBlock-1).Draw(t, "slot"))
}

func drawKnown(t *rapid.T, today int32) known {
	k := known{values: map[string]string{}}
	if age := rapid.IntRange(17, 24).Draw(t, "age"); age > 17 {
		k.values["age"] = Number(age * money.Unit).String()
	}
	k.values["city"] = rapid.SampledFrom([]string{"", "Lima", "Quito"}).Draw(t, "city")
	ago := rapid.SliceOfNDistinct(rapid.Int32Range(0, 6), 0, 3, rapid.ID).Draw(t, "days ago")
	slices.Sort(ago)
	slices.Reverse(ago)
	for _, n := range ago {
		k.days = append(k.days, audience.Day{
			Day: today - n, Visits: uint32(rapid.IntRange(0, 2).Draw(t, "visits")),
			Purchases: uint32(rapid.IntRange(0, 2).Draw(t, "purchases")), Value: int64(rapid.IntRange(0, 3).Draw(t, "value")) * money.Unit,
		})
	}
	return k
}

func drawBounds(t *rapid.T, r *Rule, least, most int) {
	low := rapid.IntRange(least, most).Draw(t, "low")
	high := rapid.IntRange(low, most).Draw(t, "high")
	lowest, highest := Number(low*money.Unit), Number(high*money.Unit)
	switch rapid.IntRange(0, 2).Draw(t, "bounds") {
	case 0:
		r.Min = &lowest
	case 1:
		r.Max = &highest
	default:
		r.Min, r.Max = &lowest, &highest
	}
}

func drawRule(t *rapid.T, depth int) (r Rule) {
	kinds := []string{"word", "number", "known", "behavior", "behavior", "audience"}
	if depth > 0 {
		kinds = append(kinds, "all", "all", "any", "not")
	}
	switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
	case "word":
		r.Attribute, r.In = "city", []string{rapid.SampledFrom([]string{"Lima", "Quito", "Cali"}).Draw(t, "is")}
	case "number":
		r.Attribute = rapid.SampledFrom(attributes).Draw(t, "of")
		drawBounds(t, &r, 18, 24)
	case "known":
		is := rapid.Bool().Draw(t, "is known")
		r.Attribute, r.Known = rapid.SampledFrom(attributes).Draw(t, "of"), &is
	case "behavior":
		r.Behavior, r.WindowDays = rapid.SampledFrom(Behaviors).Draw(t, "behavior"), rapid.IntRange(0, 5).Draw(t, "window")
		drawBounds(t, &r, 0, 5)
	case "audience":
		r.Audience = uuid.UUID{byte(rapid.IntRange(1, 2).Draw(t, "audience"))}
	case "not":
		inner := drawRule(t, depth-1)
		r.Not = &inner
	default:
		parts := make([]Rule, rapid.IntRange(1, 3).Draw(t, "parts"))
		for i := range parts {
			parts[i] = drawRule(t, depth-1)
		}
		if r.Any = parts; kind == "all" {
			r.All, r.Any = parts, nil
		}
	}
	return r
}

// step changes something about the people.
func (v *village) step(t *rapid.T) {
	person := drawPerson(t)
	switch rapid.IntRange(0, 5).Draw(t, "what happens") {
	case 0, 1:
		v.learn(person, drawKnown(t, audience.DayOf(v.now)))
	case 2:
		v.forget(person)
	case 3:
		if v.everyone.Contains(person) {
			v.lists[uuid.UUID{1}].Add(person)
		}
	case 4:
		v.lists[uuid.UUID{2}].Remove(person)
	default:
		v.now = v.now.AddDate(0, 0, 1)
	}
}

func (v *village) settle(t *rapid.T) {
	for range rapid.IntRange(0, blocks*perBlock).Draw(t, "people") {
		person := drawPerson(t)
		v.learn(person, drawKnown(t, audience.DayOf(v.now)))
		if rapid.Bool().Draw(t, "in the second list") {
			v.lists[uuid.UUID{2}].Add(person)
		}
	}
}
