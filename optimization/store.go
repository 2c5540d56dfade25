package optimization

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Query asks for a part of a list. The zero value is the first page of all.
type Query struct {
	Campaign uuid.UUID // zero: of all campaigns; one that gives or gets is meant too
	Status   Status    // "": all
	Type     Type      // "": all
	Now      time.Time // what is due by then counts as expired
	Limit    int       // 0: the store's usual
	Cursor   string    // from the page before; "" begins
}

// Store keeps suggestions with their events. A partner of uuid.Nil is an
// administrator's and finds every partner's.
type Store interface {
	Insert(ctx context.Context, s *Suggestion) error
	// Get fails with ErrNotFound, also for another partner's.
	Get(ctx context.Context, partner, id uuid.UUID) (*Suggestion, error)
	// Update locks the suggestion, calls change and stores the result. A
	// revision other than 0 must be the stored one, or it is ErrStale.
	Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Suggestion) error) (*Suggestion, error)
	// List has the greatest expected impact relative to the present first.
	List(ctx context.Context, partner uuid.UUID, q Query) (items []*Suggestion, next string, err error)
	// InStatus are those of all partners, the oldest first, after one given.
	InStatus(ctx context.Context, status []Status, after uuid.UUID, limit int) ([]*Suggestion, error)
	// Records are a partner's grades by type; types without any are missing.
	Records(ctx context.Context, partner uuid.UUID) (map[Type]Record, error)
}

// SettingsStore keeps what partners let the optimiser do.
type SettingsStore interface {
	// Settings are a partner's; DefaultSettings for one that has set none.
	Settings(ctx context.Context, partner uuid.UUID) (Settings, error)
	// SetSettings locks them, holds the revision (0: whichever it is) against
	// them, and stores what change makes of them with its event.
	SetSettings(ctx context.Context, by event.Origin, at time.Time, revision int64, change func(Settings) (Settings, error)) (Settings, error)
	// Enabled are the partners that have enabled any type.
	Enabled(ctx context.Context) ([]uuid.UUID, error)
}
