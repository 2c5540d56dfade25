package payment

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/money"
)

// Query asks for a page of payments, the newest first.
type Query struct {
	Status []Status // any of them; none: all
	Limit  int
	Cursor string
}

// Store keeps payments. Every write stores the state, its DueAt and its events,
// and posts its movements to the ledger, in one transaction. A partner of
// uuid.Nil finds every partner's.
type Store interface {
	// Insert fails with ErrExists when the id is taken, by whomever.
	Insert(ctx context.Context, p *Payment) error
	Get(ctx context.Context, partner, id uuid.UUID) (*Payment, error)
	List(ctx context.Context, partner uuid.UUID, q Query) (items []*Payment, next string, err error)
	// Update locks the payment, and for a change that looks at the balance also
	// the partner's money, so that two refunds cannot both take what is left.
	Update(ctx context.Context, partner, id uuid.UUID, change func(*Payment) error) (*Payment, error)
	UpdateAgainst(ctx context.Context, partner, id uuid.UUID, change func(*Payment, Balance) error) (*Payment, error)
	// Balances are the partner's, by currency.
	Balances(ctx context.Context, partner uuid.UUID) ([]Balance, error)
}

// Queue is how payments are found that are not asked for by their id.
type Queue interface {
	// Find is the payment that a notice is about, of whatever partner, or
	// ErrNotFound.
	Find(ctx context.Context, provider Provider, n Notice) (*Payment, error)
	// Due are the payments whose DueAt is not after now, the longest due first.
	Due(ctx context.Context, now time.Time, limit int) ([]*Payment, error)
	// Hasten makes everything due that is open.
	Hasten(ctx context.Context, now time.Time) error
}

// Terms is what a payment needs of its partner.
type Terms struct {
	Currency money.Currency // what amounts without a currency are in
	Zone     *time.Location // in which movements have their day
	Prepaid  bool           // the partner pays before it spends
}

// Partners knows the terms.
type Partners interface {
	Terms(ctx context.Context, partner uuid.UUID) (Terms, error)
}
