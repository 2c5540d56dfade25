package segment

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// Match is what matched a rule when it was last evaluated.
type Match struct {
	People  *roaring.Bitmap // nil: never
	Version int64           // of the people
	Day     int32           // on which it was
}

// Store keeps segments, with their events in the same transaction.
type Store interface {
	Insert(ctx context.Context, s *Segment) error
	// Get fails with ErrNotFound, also for another partner's. A partner of
	// uuid.Nil is an administrator's.
	Get(ctx context.Context, partner, id uuid.UUID) (*Segment, Match, error)
	// Update fails with ErrNotFound, and with ErrStale when revision is not 0
	// and not the current one. With a match, it is kept too; forget drops what
	// had matched.
	Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Segment) (keep *Match, err error)) (*Segment, error)
	Delete(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Segment)) error
	// List has the newest first.
	List(ctx context.Context, partner uuid.UUID, limit int, cursor string) (items []*Segment, next string, err error)
	// Due are segments whose people have changed since they were evaluated, or
	// that were evaluated before today.
	Due(ctx context.Context, today int32, limit int) ([]*Segment, error)
}

// People is what segments need of audience.Service.
type People interface {
	Members(ctx context.Context, partner, id uuid.UUID) (audience.State, *roaring.Bitmap, error)
	Everyone(ctx context.Context, partner uuid.UUID) (*roaring.Bitmap, error)
	Blocks(ctx context.Context, partner uuid.UUID, people *roaring.Bitmap, want audience.Want, visit func(audience.Block) error) error
	Changed(ctx context.Context, partner uuid.UUID, since int64) (version int64, blocks []int64, err error)
	Derive(ctx context.Context, by event.Origin, in audience.New, people *roaring.Bitmap) (audience.State, error)
	// Refill fails with audience.ErrNotFound rather than bring back what was deleted.
	Refill(ctx context.Context, by event.Origin, id uuid.UUID, kind audience.Kind, people *roaring.Bitmap) (audience.State, error)
	Change(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, p audience.Patch) (audience.State, error)
	Withdraw(ctx context.Context, by event.Origin, id uuid.UUID) error
}

// Service is the use cases of segments.
type Service struct {
	store  Store
	people People
	clock  func() time.Time
	newID  func() uuid.UUID
}

// NewService puts the use cases on a store and the people.
func NewService(store Store, people People, now func() time.Time, newID func() uuid.UUID) *Service {
	return &Service{store, people, now, newID}
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Create makes a segment and evaluates it. The errors are fault.ErrInvalid and
// audience.ErrTooMany.
func (s *Service) Create(ctx context.Context, by event.Origin, in New) (State, error) {
	if in.ID == uuid.Nil {
		in.ID = s.newID()
	}
	made, wrong := open(by, s.now(), in)
	err := s.check(ctx, by.Partner, in.Base, &in.Rule, wrong)
	if err != nil {
		return State{}, err
	}
	if in.ValidateOnly {
		return made.State(), nil
	}
	_, err = s.people.Derive(ctx, by, audience.New{
		ID: in.ID, Name: made.state.Name, Kind: audience.Segment, MinimumSize: in.MinimumSize, Source: &audience.Source{ID: in.ID},
	}, roaring.New())
	if err == nil {
		err = s.store.Insert(ctx, made)
	}
	if err != nil {
		return State{}, err
	}
	return s.Evaluate(ctx, by.Partner, in.ID)
}

// check adds to what was found wrong with a rule, if anything, the audiences
// that it cannot name: all mistakes are told at once.
func (s *Service) check(ctx context.Context, partner, base uuid.UUID, r *Rule, found error) error {
	var wrong fault.Fields
	if e := fault.As(found); e != nil {
		wrong = slices.Clone(e.Fields)
	} else if found != nil {
		return found
	}
	named := r.audiences(nil, "rule")
	if base != uuid.Nil {
		named = append(named, mention{"audience_id", base})
	}
	for _, m := range named[:min(len(named), maxConditions)] {
		state, _, err := s.people.Members(ctx, partner, m.audience)
		switch {
		case errors.Is(err, audience.ErrNotFound):
			wrong.Add(m.path, "audience_not_found", "There is no such audience.", "the id of an uploaded audience")
		case err != nil:
			return err
		case state.Kind != audience.Custom: // a segment of segments could go round in circles
			wrong.Add(m.path, "audience_is_derived", "The audience is computed itself.", "the id of an uploaded audience")
		}
	}
	return wrong.Err()
}

// Get is a segment of the partner, or ErrNotFound.
func (s *Service) Get(ctx context.Context, partner, id uuid.UUID) (State, error) {
	found, _, err := s.store.Get(ctx, partner, id)
	if err != nil {
		return State{}, err
	}
	return found.State(), nil
}

// List is a page of the partner's segments, the newest first.
func (s *Service) List(ctx context.Context, partner uuid.UUID, limit int, cursor string) ([]State, string, error) {
	found, next, err := s.store.List(ctx, partner, limit, cursor)
	states := make([]State, len(found))
	for i, f := range found {
		states[i] = f.State()
	}
	return states, next, err
}

// Change applies a patch and evaluates the segment anew. Its errors are
// ErrNotFound, ErrStale and fault.ErrInvalid.
func (s *Service) Change(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, p Patch) (State, error) {
	before, _, err := s.store.Get(ctx, by.Partner, id)
	if err != nil {
		return State{}, err
	}
	by.Partner = before.state.Partner
	if revision != 0 && revision != before.state.Revision {
		return State{}, ErrStale
	}
	err = before.Change(by, s.now(), p)
	if p.Rule != nil {
		err = s.check(ctx, by.Partner, uuid.Nil, p.Rule, err)
	}
	if err != nil || p.ValidateOnly {
		return before.State(), err
	}
	_, err = s.store.Update(ctx, by.Partner, id, revision, func(c *Segment) (*Match, error) {
		if err := c.Change(by, s.now(), p); err != nil || p.Rule == nil {
			return nil, err
		}
		return &Match{}, nil // what matched the old rule says nothing of the new one
	})
	if err == nil && p.Name != nil {
		_, err = s.people.Change(ctx, by, id, 0, audience.Patch{Name: p.Name})
	}
	if err != nil {
		return State{}, err
	}
	return s.Evaluate(ctx, by.Partner, id)
}

// Delete ends a segment and its audience.
func (s *Service) Delete(ctx context.Context, by event.Origin, id uuid.UUID, revision int64) error {
	found, _, err := s.store.Get(ctx, by.Partner, id)
	if errors.Is(err, ErrNotFound) {
		return s.deleteOrphan(ctx, by, id)
	}
	if err != nil {
		return err
	}
	by.Partner = found.state.Partner
	if err := s.store.Delete(ctx, by.Partner, id, revision, func(c *Segment) { c.Delete(by, s.now()) }); err != nil {
		return err
	}
	if err := s.people.Withdraw(ctx, by, id); !errors.Is(err, audience.ErrNotFound) {
		return err
	}
	return nil
}

// deleteOrphan ends the audience of a segment that is not there: it was left by
// a process that died between the two.
func (s *Service) deleteOrphan(ctx context.Context, by event.Origin, id uuid.UUID) error {
	left, _, err := s.people.Members(ctx, by.Partner, id)
	if errors.Is(err, audience.ErrNotFound) || err == nil && left.Kind != audience.Segment {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	return s.people.Withdraw(ctx, by, id)
}

// evaluator is who evaluates segments.
var evaluator = event.Origin{Kind: event.ActorScheduler, ID: "segments.evaluate", From: "scheduler"}

// Evaluate brings a segment up to date: blocks that have changed since the last
// time are read, and its members published.
func (s *Service) Evaluate(ctx context.Context, partner, id uuid.UUID) (State, error) {
	for {
		state, again, err := s.turn(ctx, partner, id)
		if err != nil || !again {
			return state, err
		}
	}
}

// turn evaluates a segment once. Again says that it was changed or evaluated by
// somebody else meanwhile, whose members may have been overwritten with older
// ones: whoever is last to keep a match has published it after all others.
func (s *Service) turn(ctx context.Context, partner, id uuid.UUID) (now State, again bool, err error) {
	found, match, err := s.store.Get(ctx, partner, id)
	if err != nil {
		return State{}, false, err
	}
	state := found.State()
	next, members, err := s.evaluate(ctx, state, match)
	if err != nil {
		return State{}, false, err
	}
	by := evaluator
	by.Partner = state.Partner
	made, err := s.people.Refill(ctx, by, id, audience.Segment, members)
	if err != nil {
		return State{}, false, err
	}
	saved, err := s.store.Update(ctx, state.Partner, id, 0, func(c *Segment) (*Match, error) {
		if again = c.state.Revision != state.Revision || c.state.Evaluations != state.Evaluations; again {
			return nil, nil
		}
		c.Evaluated(s.now(), made.Size)
		return &next, nil
	})
	if err != nil {
		return State{}, false, err
	}
	return saved.State(), again, nil
}

// evaluate is what matches now, and who of those the segment picks from.
func (s *Service) evaluate(ctx context.Context, state State, match Match) (Match, *roaring.Bitmap, error) {
	n := state.Rule.needs()
	today := audience.DayOf(s.clock())
	base, sets, err := s.sets(ctx, state.Partner, state.Base, n)
	if err != nil {
		return Match{}, nil, err
	}
	// Memberships change without a block that says so.
	whole := match.People == nil || n.dated && match.Day != today || len(n.audiences) > 0
	since := match.Version
	if whole {
		since = -1
	}
	version, blocks, err := s.people.Changed(ctx, state.Partner, since)
	if err != nil {
		return Match{}, nil, err
	}
	next := Match{People: roaring.New(), Version: version, Day: today}
	if !whole {
		next.People = match.People.Clone()
	}
	want := audience.Want{Attributes: n.attributes, Behaviour: n.behaviour}
	err = s.people.Blocks(ctx, state.Partner, blocksOf(blocks), want, func(b audience.Block) error {
		view := scene{b, n.attributes, today, sets}
		view.marks(&state.Rule).addTo(next.People, b.First)
		return nil
	})
	return next, roaring.And(next.People, base), err
}

// blocksOf has one number of each block.
func blocksOf(blocks []int64) *roaring.Bitmap {
	b := roaring.New()
	for _, block := range blocks {
		b.Add(uint32(block * audience.BlockPeople))
	}
	return b
}

// sets are whom a segment picks from, and the audiences its rule names.
func (s *Service) sets(ctx context.Context, partner, base uuid.UUID, n needs) (*roaring.Bitmap, map[uuid.UUID]*roaring.Bitmap, error) {
	var from *roaring.Bitmap
	var err error
	if base == uuid.Nil {
		from, err = s.people.Everyone(ctx, partner)
	} else {
		_, from, err = s.people.Members(ctx, partner, base)
	}
	if err != nil && !errors.Is(err, audience.ErrNotFound) {
		return nil, nil, err
	}
	if from == nil { // the audience was deleted: nobody is left to pick from
		from = roaring.New()
	}
	sets := map[uuid.UUID]*roaring.Bitmap{}
	for _, id := range n.audiences {
		_, sets[id], err = s.people.Members(ctx, partner, id)
		if err != nil && !errors.Is(err, audience.ErrNotFound) {
			return nil, nil, err
		}
		if sets[id] == nil {
			sets[id] = roaring.New()
		}
	}
	return from, sets, nil
}

// perTurn is how many segments a turn of the job evaluates.
const perTurn = 50

// EvaluateDue brings segments up to date whose people have changed, or for
// which another day has begun. One that fails holds up none of the others.
func (s *Service) EvaluateDue(ctx context.Context) error {
	due, err := s.store.Due(ctx, audience.DayOf(s.clock()), perTurn)
	if err != nil {
		return err
	}
	var failures []error
	for _, d := range due {
		if _, err := s.Evaluate(ctx, d.state.Partner, d.state.ID); err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, audience.ErrNotFound) {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}
