package campaigns

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting"
)

// Audiences says which audiences a partner has.
type Audiences interface {
	// Missing are those of ids that are no audience of the partner's.
	Missing(ctx context.Context, partner uuid.UUID, ids []uuid.UUID) ([]uuid.UUID, error)
}

// WithAudiences is the service with a look at the audiences that a targeting
// names: one that is missing, or another partner's, is refused.
func (s *Service) WithAudiences(a Audiences) *Service {
	with := *s
	with.audiences = a
	return &with
}

// checkAudiences refuses a targeting whose audiences are not there, each by its
// path, together with whatever else is wrong with it.
func (s *Service) checkAudiences(ctx context.Context, by event.Origin, id uuid.UUID, t targeting.Configuration) error {
	named := t.KeptAudiences()
	if s.audiences == nil || len(named) == 0 {
		return nil
	}
	c, err := s.store.Get(ctx, by.Partner, id)
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(named))
	for i, n := range named {
		ids[i] = n.ID
	}
	missing, err := s.audiences.Missing(ctx, c.state.Partner, ids)
	if err != nil {
		return err
	}
	var wrong fault.Fields
	for _, n := range named {
		if slices.Contains(missing, n.ID) {
			wrong = append(wrong, n.Missing())
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	if also := fault.As(c.accepts(t)); also != nil {
		wrong = append(also.Fields, wrong...)
	}
	return wrong.Err()
}
