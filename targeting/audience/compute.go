package audience

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Compute notes that the audience's members are being computed.
func (a *Audience) Compute(by event.Origin, at time.Time) {
	a.state.Pending = append(a.state.Pending, a.state.ID)
	a.revise(by, at, "audience.computing")
}

// Computed notes that they no longer are; it does nothing when they were not.
func (a *Audience) Computed(by event.Origin, at time.Time) {
	if !slices.Contains(a.state.Pending, a.state.ID) {
		return
	}
	a.state.Pending = slices.DeleteFunc(a.state.Pending, func(id uuid.UUID) bool { return id == a.state.ID })
	a.revise(by, at, "audience.computed")
}

// Compute makes a computed audience that is processing until Computed. Its
// errors are those of Create.
func (s *Service) Compute(ctx context.Context, by event.Origin, in New) (State, error) {
	if in.ID == uuid.Nil {
		in.ID = s.NewID()
	}
	in.Partner = by.Partner
	a, err := open(by, s.now(), in)
	if err != nil {
		return State{}, err
	}
	a.Compute(by, s.now())
	if in.ValidateOnly {
		return a.State(), nil
	}
	return stateOf(a, s.Store.Insert(ctx, a))
}

// Computed ends what Compute began, with the members that Derive gave it or
// without any. It fails with ErrNotFound.
func (s *Service) Computed(ctx context.Context, by event.Origin, id uuid.UUID) error {
	_, err := s.Store.Update(ctx, by.Partner, id, 0, func(a *Audience) error { a.Computed(by, s.now()); return nil })
	return err
}
