package campaigns

import (
	"context"
	"errors"

	"github.com/google/uuid"
)

// rehearsed is a store that takes nothing. An update runs in the transaction
// of the real one, with its locks and facts, and is then rolled back.
type rehearsed struct{ Store }

var errRehearsed = errors.New("campaigns: rehearsed, not stored")

func (rehearsed) Insert(context.Context, *Campaign, NewBudget) error { return nil }

func (r rehearsed) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Campaign, Facts) error) (*Campaign, error) {
	var would *Campaign
	_, err := r.Store.Update(ctx, partner, id, revision, func(c *Campaign, f Facts) error {
		if err := change(c, f); err != nil {
			return err
		}
		would = Restore(c.State())
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		return would, nil
	}
	return nil, err
}
