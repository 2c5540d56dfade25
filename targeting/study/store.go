package study

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// Store keeps studies. A partner of uuid.Nil is an administrator's and finds
// every partner's.
type Store interface {
	// Insert keeps a new study; one of the same id that is there stays as it is.
	Insert(ctx context.Context, s State) error
	// Get fails with ErrNotFound, also for another partner's.
	Get(ctx context.Context, partner, id uuid.UUID) (State, error)
	// List is a page of the studies of a kind, the newest first.
	List(ctx context.Context, partner uuid.UUID, kind Kind, limit int, cursor string) (items []State, next string, err error)
	// Delete forgets one; it fails with ErrNotFound.
	Delete(ctx context.Context, partner, id uuid.UUID) error
}

// Queue is the studies that wait for a worker.
type Queue interface {
	// Claim takes the oldest that is not over and that nobody holds, for as long
	// as until; ok is false when there is none.
	Claim(ctx context.Context, now, until time.Time) (s State, ok bool, err error)
	// Renew keeps the progress and the claim; ErrLost when it is somebody else's.
	Renew(ctx context.Context, s State, until time.Time) error
	// Finish keeps the outcome; ErrLost when the claim is somebody else's.
	Finish(ctx context.Context, s State) error
}

// People are the partner's audiences and who is in them; audience.Service is.
type People interface {
	Members(ctx context.Context, partner, id uuid.UUID) (audience.State, *roaring.Bitmap, error)
	Everyone(ctx context.Context, partner uuid.UUID) (*roaring.Bitmap, error)
	Attributes(ctx context.Context, partner uuid.UUID) ([]string, error)
	Each(ctx context.Context, partner uuid.UUID, people *roaring.Bitmap, want audience.Want, visit func(audience.Person) error) error
	Derive(ctx context.Context, by event.Origin, in audience.New, people *roaring.Bitmap) (audience.State, error)
	// Refill fails with audience.ErrNotFound rather than bring back what was deleted.
	Refill(ctx context.Context, by event.Origin, id uuid.UUID, kind audience.Kind, people *roaring.Bitmap) (audience.State, error)
	// Compute notes that an audience is being computed, and Computed that it no
	// longer is.
	Compute(ctx context.Context, by event.Origin, in audience.New) (audience.State, error)
	Computed(ctx context.Context, by event.Origin, id uuid.UUID) error
}
