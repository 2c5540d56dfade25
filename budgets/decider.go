package budgets

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// Decider is what may be asked of an Authorizer, or of its Rehearsal.
type Decider struct {
	ask func(context.Context, *decision) error
}

// Reserve holds money of a budget until it is committed or released, or its
// time is over. The errors are ErrNotFound, ErrExhausted with the scope that
// binds and what it has left, fault.ErrInvalid, ErrBusy and ErrStopping.
func (a Decider) Reserve(ctx context.Context, by event.Origin, n NewReservation) (Reservation, error) {
	if n.TTL == 0 {
		n.TTL = DefaultTTL
	}
	if n.TTL < time.Second || n.TTL > MaxTTL {
		return Reservation{}, fault.ErrInvalid.WithFields(fault.Field{
			Path: "ttl_seconds", Code: "out_of_range", Detail: "A reservation cannot last this long.", Allow: "1 to 2592000",
		})
	}
	needs := Needs{Budgets: []uuid.UUID{n.Budget}, Fresh: []uuid.UUID{n.ID}}
	return answer(ctx, a, by, needs, func(b *Books) (*Reservation, error) { return b.reserve(by, n) })
}

// Commit spends at most what is reserved; the rest is given back. Doing it
// again with the same amount changes nothing. A commit after the expiry is
// recorded as spend, and the reservation says Late.
func (a Decider) Commit(ctx context.Context, by event.Origin, id uuid.UUID, amount Amount) (Reservation, error) {
	return answer(ctx, a, by, Needs{Reservations: []uuid.UUID{id}}, func(b *Books) (*Reservation, error) { return b.commit(by, id, amount) })
}

// Release gives a reservation back. Doing it again changes nothing.
func (a Decider) Release(ctx context.Context, by event.Origin, id uuid.UUID) (Reservation, error) {
	return answer(ctx, a, by, Needs{Reservations: []uuid.UUID{id}}, func(b *Books) (*Reservation, error) { return b.release(by, id) })
}

// Recorded is the answer to a spend.
type Recorded struct {
	Spend
	Again bool // it had been recorded before
}

// Spend records an amount, beyond the limit too. The errors are ErrNotFound,
// ErrSpendReused, fault.ErrInvalid, ErrBusy and ErrStopping.
func (a Decider) Spend(ctx context.Context, by event.Origin, n NewSpend) (Recorded, error) {
	var wrong fault.Fields
	if n.Amount.Micros == 0 {
		wrong.Add("amount", "out_of_range", "Nothing was spent.", "an amount other than 0; a negative one takes back")
	}
	if n.ID == "" || len(n.ID) > 128 {
		wrong.Add("spend_id", "out_of_range", "A spend needs an id of its own.", "1 to 128 bytes")
	}
	if err := wrong.Err(); err != nil {
		return Recorded{}, err
	}
	n.OccurredAt = n.OccurredAt.UTC().Truncate(time.Microsecond) // what can be kept; zero stays zero
	needs := Needs{Budgets: []uuid.UUID{n.Budget}, Spends: []SpendRef{{n.Budget, n.ID}}}
	return answer(ctx, a, by, needs, func(b *Books) (*Recorded, error) { return b.spend(by, n) })
}

// answer asks for one decision. What it gives is copied while the books are
// open, and read only once the decision is durable.
func answer[T any](ctx context.Context, a Decider, by event.Origin, needs Needs, decide func(*Books) (*T, error)) (T, error) {
	var got, none T
	d := &decision{by: by, needs: needs, decide: func(b *Books) error {
		found, err := decide(b)
		if err == nil {
			got = *found
		}
		return err
	}}
	if err := a.ask(ctx, d); err != nil {
		return none, err
	}
	return got, nil
}
