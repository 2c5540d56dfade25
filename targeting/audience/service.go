package audience

import (
	"context"
	"errors"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Config is what the Service needs.
type Config struct {
	Store   Store
	Uploads Uploads
	People  People
	Facts   Facts
	Eraser  Eraser
	// Currency is a partner's, for what members have bought.
	Currency func(ctx context.Context, partner uuid.UUID) (string, error)
	Now      func() time.Time
	NewID    func() uuid.UUID
}

// Service is the use cases of audiences.
type Service struct{ Config }

// NewService puts the use cases on a store.
func NewService(c Config) *Service { return &Service{c} }

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

func (s *Service) today() int32 { return DayOf(s.Now()) }

// Create makes an audience without members. The errors are fault.ErrInvalid and
// ErrTooMany.
func (s *Service) Create(ctx context.Context, by event.Origin, in New) (State, error) {
	if in.ID == uuid.Nil {
		in.ID = s.NewID()
	}
	in.Partner = by.Partner
	if in.Kind == "" {
		in.Kind = Custom
	}
	a, err := open(by, s.now(), in)
	if err != nil || in.ValidateOnly {
		return stateOf(a, err)
	}
	return stateOf(a, s.Store.Insert(ctx, a))
}

func stateOf(a *Audience, err error) (State, error) {
	if err != nil {
		return State{}, err
	}
	return a.State(), nil
}

// Get is an audience of the partner, or ErrNotFound.
func (s *Service) Get(ctx context.Context, partner, id uuid.UUID) (State, error) {
	return stateOf(s.Store.Get(ctx, partner, id))
}

// Progress is the audience's last upload; ok is false without one.
func (s *Service) Progress(ctx context.Context, partner, id uuid.UUID) (u Upload, ok bool, err error) {
	return s.Uploads.Latest(ctx, partner, id)
}

// List is a page of the partner's audiences, the newest first.
func (s *Service) List(ctx context.Context, partner uuid.UUID, q Query) ([]State, string, error) {
	found, next, err := s.Store.List(ctx, partner, q)
	if err != nil {
		return nil, "", err
	}
	states := make([]State, len(found))
	for i, a := range found {
		states[i] = a.State()
	}
	return states, next, nil
}

// All are a partner's audiences of some kinds, of every kind when none is named;
// there are at most MaxAudiences.
func (s *Service) All(ctx context.Context, partner uuid.UUID, kinds ...Kind) (all []State, err error) {
	for q := (Query{Kinds: kinds, Limit: MaxAudiences}); ; {
		found, next, err := s.List(ctx, partner, q)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
		if q.Cursor = next; next == "" {
			return all, nil
		}
	}
}

// Change applies a patch; its errors are ErrNotFound, ErrStale and
// fault.ErrInvalid.
func (s *Service) Change(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, p Patch) (State, error) {
	if p.ValidateOnly {
		a, err := s.Store.Get(ctx, by.Partner, id)
		if err == nil && revision != 0 && revision != a.state.Revision {
			err = ErrStale
		}
		if err == nil {
			err = a.Change(by, s.now(), p)
		}
		return stateOf(a, err)
	}
	return stateOf(s.Store.Update(ctx, by.Partner, id, revision, func(a *Audience) error { return a.Change(by, s.now(), p) }))
}

// Delete ends an audience. Its people are forgotten unless they are in another
// one. The audience of a segment ends with the segment: ErrOfSegment.
func (s *Service) Delete(ctx context.Context, by event.Origin, id uuid.UUID, revision int64) error {
	a, err := s.Store.Get(ctx, by.Partner, id)
	if err != nil {
		return err
	}
	if err := a.state.Deletable(); err != nil {
		return err
	}
	return s.Store.Delete(ctx, by.Partner, id, revision, func(a *Audience) { a.Delete(by, s.now()) })
}

// Withdraw ends the audience of a segment that has ended.
func (s *Service) Withdraw(ctx context.Context, by event.Origin, id uuid.UUID) error {
	return s.Store.Delete(ctx, by.Partner, id, 0, func(a *Audience) { a.Delete(by, s.now()) })
}

// Members are the people in an audience today, by number, or ErrNotFound. The
// set is the caller's to change.
func (s *Service) Members(ctx context.Context, partner, id uuid.UUID) (State, *roaring.Bitmap, error) {
	state, err := s.Get(ctx, partner, id)
	if err != nil {
		return State{}, nil, err
	}
	members, err := s.People.Members(ctx, state.Partner, id, s.today())
	return state, members, err
}

// Everyone are all the people in the partner's uploaded audiences: who a seed
// is compared with.
func (s *Service) Everyone(ctx context.Context, partner uuid.UUID) (*roaring.Bitmap, error) {
	return s.People.Everyone(ctx, partner, s.today())
}

// Attributes are the names of what is known of the partner's people.
func (s *Service) Attributes(ctx context.Context, partner uuid.UUID) ([]string, error) {
	return s.Facts.Columns(ctx, partner)
}

// Person is one of the people that Each visits. Its slices are good until the
// next one.
type Person struct {
	Number uint32
	Values []string // as the attributes asked for; "" is unknown
	Days   []Day    // what they did, in order
}

// Each visits people in the order of their numbers, with what is known of them:
// what models are trained on. An error of visit ends it and is returned.
func (s *Service) Each(ctx context.Context, partner uuid.UUID, people *roaring.Bitmap, want Want, visit func(Person) error) error {
	p := Person{Values: make([]string, len(want.Attributes))}
	next := people.Iterator()
	return s.Facts.Scan(ctx, partner, people, want, func(b Block) error {
		for next.HasNext() && next.PeekNext() < b.First+BlockPeople {
			p.Number = next.Next()
			_, slot := BlockOf(p.Number)
			for i, column := range b.Values {
				p.Values[i], _ = column.Of(slot)
			}
			if p.Days = nil; b.Doings != nil {
				p.Days = b.Doings.Days[slot]
			}
			if err := visit(p); err != nil {
				return err
			}
		}
		return nil
	})
}

// Derive makes a computed audience of people, or, when in.ID is one that is
// there already, computes its members anew.
func (s *Service) Derive(ctx context.Context, by event.Origin, in New, people *roaring.Bitmap) (State, error) {
	_, err := s.Store.Get(ctx, by.Partner, in.ID)
	if errors.Is(err, ErrNotFound) {
		made, err := s.Create(ctx, by, in)
		if err != nil || in.ValidateOnly {
			return made, err
		}
		in.ID = made.ID
	} else if err != nil {
		return State{}, err
	}
	return s.Refill(ctx, by, in.ID, in.Kind, people)
}

// Refill computes the members of an audience anew. Whoever was erased since the
// numbers were read is not among them. It fails with ErrNotFound when the
// audience was deleted meanwhile: it does not come back.
func (s *Service) Refill(ctx context.Context, by event.Origin, id uuid.UUID, kind Kind, people *roaring.Bitmap) (State, error) {
	a, err := s.Store.Get(ctx, by.Partner, id)
	if err != nil {
		return State{}, err
	}
	if a.state.Kind != kind {
		return State{}, ErrNotFound.With("The audience is of another kind.")
	}
	err = s.People.Replace(ctx, by.Partner, id, people, s.today(), func(a *Audience, size int64) { a.Resize(by, s.now(), size) })
	if err != nil {
		return State{}, err
	}
	return s.Get(ctx, by.Partner, id)
}

// Blocks reads what is known of people block by block, for rules.
func (s *Service) Blocks(ctx context.Context, partner uuid.UUID, people *roaring.Bitmap, want Want, visit func(Block) error) error {
	return s.Facts.Scan(ctx, partner, people, want, visit)
}

// Changed is how often anything about the partner's people has changed, and the
// blocks in which something is known differently since a version.
func (s *Service) Changed(ctx context.Context, partner uuid.UUID, since int64) (version int64, blocks []int64, err error) {
	return s.Facts.Changed(ctx, partner, since)
}
