package dashboard

import (
	"context"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance/rule"
)

// Rules is rule.Service.
type Rules interface {
	Create(ctx context.Context, by event.Origin, id uuid.UUID, d rule.Definition, validateOnly bool) (*rule.Rule, error)
	Get(ctx context.Context, by event.Origin, id uuid.UUID) (*rule.Rule, error)
	List(ctx context.Context, by event.Origin, q rule.Query) ([]*rule.Rule, string, error)
	Patch(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, p rule.Patch, validateOnly bool) (*rule.Rule, error)
	Delete(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, validateOnly bool) error
	Statuses(ctx context.Context, partner uuid.UUID, rules []*rule.Rule) (map[uuid.UUID]rule.Status, error)
	Preview(ctx context.Context, by event.Origin, d rule.Definition) (rule.Preview, error)
}

// History reads the events of one thing, oldest first, those after a sequence
// number.
type History interface {
	History(ctx context.Context, partner, aggregate uuid.UUID, after int64, limit int) ([]event.Event, error)
}
