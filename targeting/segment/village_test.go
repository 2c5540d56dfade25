package segment

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
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
	names    map[uuid.UUID]string          // of its audience

	meanwhile []func() // what others do, one after each reading of blocks
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
		segments: map[uuid.UUID]kept{}, members: map[uuid.UUID]*roaring.Bitmap{}, names: map[uuid.UUID]string{},
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
	if len(v.meanwhile) > 0 {
		do := v.meanwhile[0]
		v.meanwhile = v.meanwhile[1:]
		do()
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

func (v *village) Derive(ctx context.Context, by event.Origin, in audience.New, people *roaring.Bitmap) (audience.State, error) {
	v.members[in.ID], v.names[in.ID] = roaring.New(), in.Name
	return folk{v}.Refill(ctx, by, in.ID, in.Kind, people)
}

func (v *village) Delete(_ context.Context, _, id uuid.UUID, _ int64, _ func(*Segment)) error {
	delete(v.segments, id)
	return nil
}

// folk is the village as the people's service.
type folk struct{ *village }

func (v folk) Refill(_ context.Context, _ event.Origin, id uuid.UUID, _ audience.Kind, people *roaring.Bitmap) (audience.State, error) {
	if v.members[id] == nil {
		return audience.State{}, audience.ErrNotFound
	}
	v.members[id] = people.Clone()
	return audience.State{ID: id, Size: int64(people.GetCardinality())}, nil
}

func (v folk) Change(_ context.Context, _ event.Origin, id uuid.UUID, _ int64, p audience.Patch) (audience.State, error) {
	v.names[id] = *p.Name
	return audience.State{}, nil
}

func (v folk) Withdraw(_ context.Context, _ event.Origin, id uuid.UUID) error {
	delete(v.members, id)
	return nil
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
