package panel

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Store keeps panels.
type Store interface {
	// Insert begins a panel. One of the same id that is not ready is replaced with
	// its rows: the upload begins again. One that is ready is returned, and
	// nothing is changed. ErrTooMany when the partner has MaxPanels.
	Insert(ctx context.Context, p *Panel) (ready *Panel, err error)
	// Get is a panel of the partner, of any when partner is uuid.Nil, or
	// ErrNotFound.
	Get(ctx context.Context, partner, id uuid.UUID) (*Panel, error)
	// Update changes a panel in one transaction with its events; ErrNotFound, and
	// ErrStale when revision is neither 0 nor the current one.
	Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Panel) error) (*Panel, error)
	// Delete is Update that ends with the panel and its rows gone.
	Delete(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Panel)) error
	// List is a page of the partner's panels, the newest first.
	List(ctx context.Context, partner uuid.UUID, limit int, cursor string) (items []*Panel, next string, err error)
	// Abandoned are panels of all partners that are loading and were last heard of
	// before a moment.
	Abandoned(ctx context.Context, before time.Time) ([]*Panel, error)
}

// Blocks keeps the rows of panels.
type Blocks interface {
	// Append keeps a block of a loading panel together with its progress, without
	// another revision; ErrNotFound when the panel is no longer loading.
	Append(ctx context.Context, p *Panel, seq int, body []byte) error
	// Read hands over the blocks of a panel in their order.
	Read(ctx context.Context, partner, id uuid.UUID, take func(body []byte) error) error
	// Drop forgets the rows of a panel that has failed.
	Drop(ctx context.Context, partner, id uuid.UUID) error
}
