package webhooks

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Store keeps endpoints, with their events in the same transaction.
type Store interface {
	// Insert fails with ErrTooMany when the partner has MaxEndpoints.
	Insert(ctx context.Context, e *Endpoint) error
	// Get fails with ErrNotFound, also for another partner's. A partner of
	// uuid.Nil is an administrator's and finds every partner's.
	Get(ctx context.Context, partner, id uuid.UUID) (*Endpoint, error)
	// Update fails with ErrNotFound, and with ErrStale when revision is not 0
	// and not the current one.
	Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Endpoint) error) (*Endpoint, error)
	// Delete removes the endpoint and its deliveries; it fails as Update does.
	Delete(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Endpoint)) error
	// List has the newest first; they are few.
	List(ctx context.Context, partner uuid.UUID) ([]*Endpoint, error)
}

// DeliveryQuery asks for a part of an endpoint's log.
type DeliveryQuery struct {
	Statuses []Status // any of them; none: all
	Limit    int
	Cursor   string
}

// Outbox keeps deliveries.
type Outbox interface {
	// Enqueue stores new deliveries; those that are there already stay as they are.
	Enqueue(ctx context.Context, deliveries []Delivery) error
	// Due are pending deliveries of enabled endpoints whose time has come, at
	// most perEndpoint of each, the longest due first.
	Due(ctx context.Context, now time.Time, limit, perEndpoint int) ([]Delivery, error)
	// Claim postpones a delivery to until, unless somebody else has claimed it
	// since it was read: then it is false.
	Claim(ctx context.Context, d Delivery, until time.Time) (bool, error)
	// Save stores what became of a try.
	Save(ctx context.Context, d Delivery) error
	// Deliveries has the newest events first.
	Deliveries(ctx context.Context, partner, endpoint uuid.UUID, q DeliveryQuery) (items []Delivery, next string, err error)
	// Delivery fails with ErrNotFound.
	Delivery(ctx context.Context, partner, endpoint, id uuid.UUID) (Delivery, error)
	// Purge forgets deliveries that were made before.
	Purge(ctx context.Context, before time.Time) error
}

// Events is the partner's log, which deliveries read their bodies from.
type Events interface {
	Read(ctx context.Context, partner uuid.UUID, after int64, limit int) ([]event.Event, error)
}

// Sender speaks HTTP. It never fails: what went wrong is in the Reply.
type Sender interface {
	Send(ctx context.Context, m Message) Reply
}
