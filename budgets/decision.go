package budgets

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// decision is one request on its way through a transaction. decide may run more
// than once, on books as they then are; the last outcome counts.
type decision struct {
	by     event.Origin
	needs  Needs
	decide func(*Books) error

	err  error
	done chan struct{}
}

// NewReservation asks for money of a budget.
type NewReservation struct {
	ID      uuid.UUID // reserved by the caller for a safe repetition
	Budget  uuid.UUID
	Amount  Amount
	TTL     time.Duration // 0 is DefaultTTL
	Channel string
}

// Amount is micros in a currency, or in the budget's when there is none.
type Amount struct {
	Micros   int64
	Currency money.Currency
}

const (
	DefaultTTL = 10 * time.Minute
	MaxTTL     = 30 * 24 * time.Hour
	// FutureTolerance is how far a spend's time may lie ahead of our clock.
	FutureTolerance = 5 * time.Minute
)

// budget is one of by's partner.
func (b *Books) budget(by event.Origin, id uuid.UUID) (*Budget, error) {
	found := b.Budgets[id]
	if found == nil || by.Partner != uuid.Nil && by.Partner != found.state.Partner {
		return nil, ErrNotFound
	}
	return found, nil
}

func (b *Books) reservation(by event.Origin, id uuid.UUID) (*Reservation, *Budget, error) {
	r := b.Reservations[id]
	if r == nil || by.Partner != uuid.Nil && by.Partner != r.Partner {
		return nil, nil, ErrReservationNotFound
	}
	budget, err := b.budget(by, r.Budget)
	return r, budget, err
}

// in checks an amount against the budget's currency and bounds.
func (b *Budget) in(a Amount, least int64) error {
	var wrong fault.Fields
	b.checkCurrency(&wrong, "amount.currency", a.Currency)
	if a.Micros < least || a.Micros > MaxLimit {
		wrong.Add("amount", "out_of_range", "This amount is not possible here.",
			b.money(least).Amount()+" to "+b.money(MaxLimit).Amount())
	}
	return wrong.Err()
}

// checkCurrency refuses an amount in another currency than the budget's, or in
// none that there is. One that names none is in the budget's.
func (b *Budget) checkCurrency(wrong *fault.Fields, path string, c money.Currency) {
	switch {
	case c == "" || c == b.state.Currency:
	case !c.Valid():
		wrong.Add(path, money.ErrUnknownCurrency.Code, "This is not the code of a currency in use.", string(b.state.Currency))
	default:
		wrong.Add(path, money.ErrCurrencyMismatch.Code, "The amount must be in the budget's currency; nothing is converted.", string(b.state.Currency))
	}
}

// reserve holds money when every scope has it: contract, partner's month and
// day, budget and channel. The same id again is the same reservation.
func (b *Books) reserve(by event.Origin, n NewReservation) (*Reservation, error) {
	budget, err := b.budget(by, n.Budget)
	if err != nil {
		return nil, err
	}
	if made := b.Reservations[n.ID]; made != nil {
		if made.Budget != n.Budget {
			return nil, ErrReservationNotFound
		}
		return made, nil
	}
	if err := budget.in(n.Amount, 1); err != nil {
		return nil, err
	}
	s := &budget.state
	r := &Reservation{
		ID: n.ID, Partner: s.Partner, Budget: s.ID, Campaign: s.Campaign, Channel: n.Channel, Currency: s.Currency,
		Day: budget.Today(b.Now), Amount: n.Amount.Micros, State: StateReserved, CreatedAt: b.Now, ExpiresAt: b.Now.Add(n.TTL),
	}
	if a := b.Allowances[s.Partner]; a != nil {
		if err := a.allows(r.Day, budget.money(r.Amount)); err != nil {
			return nil, err
		}
	}
	b.tracked(budget, func() { err = budget.reserve(r) })
	if err != nil {
		return nil, err
	}
	b.Reservations[r.ID], b.Changed[r.ID] = r, r
	return r, nil
}

// commit spends of a reservation. After it has expired that is a late fact.
func (b *Books) commit(by event.Origin, id uuid.UUID, amount Amount) (*Reservation, error) {
	r, budget, err := b.reservation(by, id)
	if err != nil {
		return nil, err
	}
	if err := budget.in(amount, 0); err != nil {
		return nil, err
	}
	switch {
	case r.State == StateCommitted || r.Late:
		if r.Committed != amount.Micros {
			return nil, ErrResolved.With("The reservation was committed with %s.", budget.money(r.Committed)).WithExtra("state", r.State)
		}
		return r, nil
	case r.State == StateReleased:
		return nil, ErrResolved.With("The reservation was released.").WithExtra("state", r.State)
	case r.State == StateReserved && amount.Micros > r.Amount:
		return nil, fault.ErrInvalid.WithFields(fault.Field{
			Path: "amount", Code: "out_of_range", Detail: "This is more than was reserved. Commit what was reserved and report the rest as spend.",
			Allow: "0 to " + budget.money(r.Amount).Amount(),
		})
	}
	b.tracked(budget, func() {
		if r.State == StateExpired {
			err = budget.commitLate(by, b.Now, r, amount.Micros)
		} else {
			err = budget.commit(by, b.Now, r, amount.Micros)
		}
	})
	if err != nil {
		return nil, err
	}
	b.Changed[r.ID] = r
	return r, nil
}

// release gives a reservation back.
func (b *Books) release(by event.Origin, id uuid.UUID) (*Reservation, error) {
	r, budget, err := b.reservation(by, id)
	switch {
	case err != nil:
		return nil, err
	case r.State == StateReleased:
		return r, nil
	case r.State != StateReserved:
		return nil, ErrResolved.With("The reservation is %s.", r.State).WithExtra("state", r.State)
	}
	b.tracked(budget, func() { budget.giveBack(b.Now, r, StateReleased) })
	b.Changed[r.ID] = r
	return r, nil
}

// NewSpend is an amount that was spent.
type NewSpend struct {
	Budget     uuid.UUID
	ID         string
	Amount     Amount
	Category   string
	OccurredAt time.Time // zero: when it is recorded, whenever that was the first time
}

// spend records an amount, always, unless its id has another content.
func (b *Books) spend(by event.Origin, n NewSpend) (*Recorded, error) {
	budget, err := b.budget(by, n.Budget)
	if err != nil {
		return nil, err
	}
	if err := budget.in(n.Amount, -MaxLimit); err != nil {
		return nil, err
	}
	timed := !n.OccurredAt.IsZero()
	if !timed {
		n.OccurredAt = b.Now
	}
	s := &Spend{
		Partner: budget.state.Partner, Budget: n.Budget, ID: n.ID, Category: n.Category, Currency: budget.state.Currency,
		Amount: n.Amount.Micros, OccurredAt: n.OccurredAt, Day: localday.Of(n.OccurredAt, budget.location()), RecordedAt: b.Now,
	}
	key := SpendRef{n.Budget, n.ID}
	if first := b.Spends[key]; first != nil {
		if !first.same(s, timed) {
			return nil, ErrSpendReused
		}
		return &Recorded{*first, true}, nil
	}
	if n.OccurredAt.After(b.Now.Add(FutureTolerance)) {
		return nil, fault.ErrInvalid.WithFields(fault.Field{
			Path: "occurred_at", Code: "in_future", Detail: "This is more than 5 minutes ahead of our clock.", Allow: "a time that has passed",
		})
	}
	b.tracked(budget, func() { err = budget.spend(by, s) })
	if err != nil {
		return nil, err
	}
	b.Spends[key] = s
	b.Recorded = append(b.Recorded, s)
	return &Recorded{Spend: *s}, nil
}
