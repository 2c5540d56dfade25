package partners

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Service is the use cases of partners and their keys.
type Service struct {
	store  Store
	keys   KeyStore
	now    func() time.Time
	ids    func() uuid.UUID
	random io.Reader
	known  *cache[Principal]
	exist  *cache[uuid.UUID] // partners that identities have named
}

// NewService puts the use cases on a store. The clock, ids and randomness come
// from outside; random must be crypto/rand.Reader outside tests.
func NewService(store Store, keys KeyStore, clock func() time.Time, ids func() uuid.UUID, random io.Reader) *Service {
	return &Service{store: store, keys: keys, now: micros(clock), ids: ids, random: random, known: newCache[Principal](), exist: newCache[uuid.UUID]()}
}

// micros cuts a clock to what the store can keep.
func micros(clock func() time.Time) func() time.Time {
	return func() time.Time { return clock().UTC().Truncate(time.Microsecond) }
}

// Create begins a partner. The error is fault.ErrInvalid with every wrong
// field. A partner whose reserved id is taken was made by an earlier try of the
// same request, and is returned as it is.
func (s *Service) Create(ctx context.Context, by event.Origin, in NewPartner) (*Partner, error) {
	if in.ID == uuid.Nil {
		in.ID = s.ids()
	}
	p, err := New(by, s.now(), in.ID, in)
	if err != nil || in.ValidateOnly {
		return p, err
	}
	if err := s.store.Insert(ctx, p); errors.Is(err, ErrExists) {
		return s.store.Get(ctx, in.ID)
	} else if err != nil {
		return nil, err
	}
	return p, nil
}

// Get is a partner, or ErrNotFound.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*Partner, error) {
	return s.store.Get(ctx, id)
}

// List is a page of all the partners.
func (s *Service) List(ctx context.Context, page Page) ([]*Partner, string, error) {
	return s.store.List(ctx, page)
}

// Update applies a patch to the partner of a revision (0: whichever it is). The
// errors are ErrNotFound, ErrStale and fault.ErrInvalid.
func (s *Service) Update(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, patch Patch) (*Partner, error) {
	change := func(p *Partner) error { return p.Change(by, s.now(), patch) }
	if !patch.ValidateOnly {
		return s.store.Update(ctx, id, revision, change)
	}
	p, err := s.store.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if revision != 0 && revision != p.state.Revision {
		return nil, ErrStale
	}
	return p, change(p)
}
