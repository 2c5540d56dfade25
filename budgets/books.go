package budgets

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
)

// Ref names a thing of a partner; an administrator's partner is uuid.Nil.
type Ref struct{ Partner, ID uuid.UUID }

// SpendRef names a spend of a budget.
type SpendRef struct {
	Budget uuid.UUID
	ID     string
}

// Needs is what a transaction has to find.
type Needs struct {
	Budgets      []uuid.UUID
	Reservations []uuid.UUID // their budgets are found with them
	Fresh        []uuid.UUID // of reservations of Budgets that are to be made, if they are not
	Spends       []SpendRef  // of Budgets
}

// Books is what one transaction has found and locked, and what it will write.
// What is missing does not exist.
type Books struct {
	Budgets map[uuid.UUID]*Budget
	// Reservations are those named, and those that are due of the budgets.
	Reservations map[uuid.UUID]*Reservation
	Spends       map[SpendRef]*Spend
	Allowances   map[uuid.UUID]*Allowance // by partner

	// Changed and Recorded are to be written, each once.
	Changed  map[uuid.UUID]*Reservation
	Recorded []*Spend

	Now time.Time
}

// Vault is where decisions are made durable.
type Vault interface {
	// Decide finds what is needed and calls decide with it in one transaction,
	// again when the engine ended it. All locks are taken before, in one order:
	// the budgets by partner and campaign, then the partners' log heads. Now is
	// read under the locks. When it returns nil, everything that decide did is
	// durable, with a ledger entry for each partner. An error of decide is
	// returned as it is and nothing is stored.
	Decide(ctx context.Context, needs Needs, decide func(*Books) error) error
	// Due are budgets with reservations that are due, of all partners.
	Due(ctx context.Context, now time.Time, limit int) ([]uuid.UUID, error)
	// Reservation fails with ErrReservationNotFound, also for another partner's.
	Reservation(ctx context.Context, partner, id uuid.UUID) (*Reservation, error)
	// Reservations are a budget's, the newest first.
	Reservations(ctx context.Context, partner, budget uuid.UUID, q ReservationQuery) (items []*Reservation, next string, err error)
	// Spend is the one that has the sender's id, or ErrSpendNotFound.
	Spend(ctx context.Context, partner, budget uuid.UUID, id string) (*Spend, error)
	// Spends are a budget's, the newest first.
	Spends(ctx context.Context, partner, budget uuid.UUID, limit int, cursor string) (items []*Spend, next string, err error)
}

// ReservationQuery asks for a part of a budget's reservations.
type ReservationQuery struct {
	State  ReservationState // "": all
	Now    time.Time        // what is due by then counts as expired
	Limit  int
	Cursor string
}

// expire writes down what has run out, so that nobody who comes after finds
// money held for it.
func (b *Books) expire() error {
	for _, r := range b.Reservations {
		budget := b.Budgets[r.Budget]
		if budget == nil || !r.due(b.Now) {
			continue
		}
		b.tracked(budget, func() { budget.giveBack(b.Now, r, StateExpired) })
		b.Changed[r.ID] = r
	}
	return nil
}

// tracked lets the partner's days follow what act posts for a budget.
func (b *Books) tracked(budget *Budget, act func()) {
	first := len(budget.lines)
	act()
	if a := b.Allowances[budget.state.Partner]; a != nil {
		b.follow(a, budget.lines[first:])
	}
}

func (b *Books) follow(a *Allowance, lines []ledger.Line) {
	for _, l := range lines {
		a.move(l.Day, l.Currency, l.Settled+l.Overdelivery, l.Reserved)
	}
}
