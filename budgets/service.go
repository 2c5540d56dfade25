package budgets

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Service is the use cases of budgets. Spend does not pass here: it is settled
// by the store in the transaction of the metric events that report it.
//
// Whoever wants another limit comes through here, whether a person, a rule or a
// reaction, and so past the guard.
type Service struct {
	store      Store
	guards     Guards
	deliveries Deliveries
	clock      func() time.Time
}

// Guards keeps what each partner allows.
type Guards interface {
	// Policy is a partner's; DefaultPolicy for one that has set none.
	Policy(ctx context.Context, partner uuid.UUID) (Policy, error)
	// SetPolicy locks the policy, holds the revision (0: whichever it is)
	// against it, and stores what change makes of it with its event.
	SetPolicy(ctx context.Context, by event.Origin, at time.Time, revision int64, change func(Policy) (Policy, error)) (Policy, error)
}

// NewService puts the use cases on a store. The guard holds a raise also against
// what was delivered of late.
func NewService(store Store, guards Guards, d Deliveries, clock func() time.Time) *Service {
	return &Service{store: store, guards: guards, deliveries: d, clock: clock}
}

// Now is the service's clock, in what the store can keep.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Get is a partner's budget, or ErrNotFound. uuid.Nil finds any partner's.
func (s *Service) Get(ctx context.Context, partner, id uuid.UUID) (*Budget, error) {
	return s.store.Get(ctx, partner, id)
}

// ForCampaign is the budget of a partner's campaign, or ErrNotFound.
func (s *Service) ForCampaign(ctx context.Context, partner, campaign uuid.UUID) (*Budget, error) {
	return s.store.ByCampaign(ctx, partner, campaign)
}

// Patch changes the settings of the revision (0: whichever it is) of a budget
// of by's partner, or of any when by has none. The errors are ErrNotFound,
// ErrStale, fault.ErrInvalid and those of the guard.
func (s *Service) Patch(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, patch Patch) (*Budget, error) {
	b, err := s.store.Get(ctx, by.Partner, id)
	if err != nil {
		return nil, err
	}
	policy := s.PolicyFor(ctx, b)
	apply := func(b *Budget) error { return b.guarded(by, s.now(), patch, policy) }
	if !patch.ValidateOnly {
		return s.store.Update(ctx, by.Partner, id, revision, apply)
	}
	if revision != 0 && revision != b.state.Revision {
		return nil, ErrStale
	}
	return b, apply(b)
}

// guarded is Change past the guard.
func (b *Budget) guarded(by event.Origin, at time.Time, patch Patch, p *Policy) error {
	if err := b.check(patch); err != nil {
		return err
	}
	if patch.Limit != nil {
		ask := change{by: by, at: at, limit: patch.Limit.Micros, confirmed: patch.Confirmed, authorised: patch.Authorised}
		if err := p.allows(b, ask); err != nil {
			return err
		}
	}
	return b.change(by, at, patch, patch.Authorised)
}

// Policy is what a partner allows.
func (s *Service) Policy(ctx context.Context, partner uuid.UUID) (Policy, error) {
	return s.guards.Policy(ctx, partner)
}

// SetPolicy sets what by's partner allows, based on a revision (0: whichever it
// is). The errors are ErrStale and fault.ErrInvalid.
func (s *Service) SetPolicy(ctx context.Context, by event.Origin, revision int64, terms Terms, validateOnly bool) (Policy, error) {
	if err := terms.Check(); err != nil {
		return Policy{}, err
	}
	at := s.now()
	apply := func(p Policy) (Policy, error) {
		if p.UpdatedAt != nil && p.Terms().equal(terms) {
			return p, nil
		}
		return terms.policy(p.Revision+1, at), nil
	}
	if !validateOnly {
		return s.guards.SetPolicy(ctx, by, at, revision, apply)
	}
	p, err := s.guards.Policy(ctx, by.Partner)
	if err != nil {
		return p, err
	}
	if revision != 0 && revision != p.Revision {
		return p, ErrStale
	}
	return apply(p)
}
