package budgets

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Service is the use cases of budgets. Spend does not pass here: it is settled
// by the store in the transaction of the metric events that report it.
type Service struct {
	store Store
	clock func() time.Time
}

// NewService puts the use cases on a store.
func NewService(store Store, clock func() time.Time) *Service {
	return &Service{store: store, clock: clock}
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
// ErrStale and fault.ErrInvalid.
func (s *Service) Patch(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, patch Patch) (*Budget, error) {
	change := func(b *Budget) error { return b.Change(by, s.now(), patch) }
	if !patch.ValidateOnly {
		return s.store.Update(ctx, by.Partner, id, revision, change)
	}
	b, err := s.store.Get(ctx, by.Partner, id)
	if err != nil {
		return nil, err
	}
	if revision != 0 && revision != b.state.Revision {
		return nil, ErrStale
	}
	return b, change(b)
}
