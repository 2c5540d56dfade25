package campaigns

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting"
)

// Audiences says which audiences a partner has.
type Audiences interface {
	// Missing are those of ids that are no audience of the partner's.
	Missing(ctx context.Context, partner uuid.UUID, ids []string) ([]string, error)
}

// WithAudiences is the service with a look at the audiences that a targeting
// names: one that is missing, or another partner's, is refused.
func (s *Service) WithAudiences(a Audiences) *Service {
	with := *s
	with.audiences = a
	return &with
}

// checkAudiences refuses a targeting whose audiences are not there, each by its
// path. What else is wrong with it the aggregate says.
func (s *Service) checkAudiences(ctx context.Context, by event.Origin, id uuid.UUID, t targeting.Configuration) error {
	named := audiencesOf(t)
	if s.audiences == nil || len(named) == 0 || t.Validate() != nil {
		return nil
	}
	c, err := s.store.Get(ctx, by.Partner, id)
	if err != nil {
		return err
	}
	ids := make([]string, len(named))
	for i, n := range named {
		ids[i] = n.id
	}
	missing, err := s.audiences.Missing(ctx, c.state.Partner, ids)
	if err != nil {
		return err
	}
	var wrong fault.Fields
	for _, n := range named {
		if slices.Contains(missing, n.id) {
			wrong.Add(n.path, "audience_not_found", "There is no such audience.", "the id of an audience of the partner; GET /api/v1/audiences lists them")
		}
	}
	return wrong.Err()
}

// namedAudience is an audience in a targeting, and where.
type namedAudience struct{ path, id string }

// audiencesOf are those that are kept here, by our ids. Any other name is that
// of an audience which an ad platform keeps, and nothing is known of here.
func audiencesOf(t targeting.Configuration) []namedAudience {
	var all []namedAudience
	add := func(path string, ids []string) {
		for i, id := range ids {
			if _, err := uuid.Parse(id); err == nil {
				all = append(all, namedAudience{fmt.Sprintf("%s[%d]", path, i), id})
			}
		}
	}
	add("custom_audiences", t.CustomAudiences)
	add("lookalike_audiences", t.LookalikeAudiences)
	for i, x := range t.Exclusions {
		if x.Criterion == targeting.ByAudience || x.Criterion == targeting.ByLookalike {
			add(fmt.Sprintf("exclusions[%d].values", i), x.Values)
		}
	}
	return all
}
