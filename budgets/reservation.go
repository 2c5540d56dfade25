package budgets

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// ReservationState says what has become of a reservation. All but the first
// are ends: a reservation comes to exactly one of them.
type ReservationState string

const (
	StateReserved  ReservationState = "reserved"
	StateCommitted ReservationState = "committed"
	StateReleased  ReservationState = "released"
	StateExpired   ReservationState = "expired"
)

// Reservation is money of a budget that is held for something under way.
type Reservation struct {
	ID, Partner, Budget, Campaign uuid.UUID

	Channel    string // "" is none
	Currency   money.Currency
	Day        localday.Day // the local day it is held of, whenever it is committed
	Amount     int64
	State      ReservationState
	Committed  int64 // what was spent of it
	Late       bool  // it was committed after it had expired: a fact, no authorisation
	CreatedAt  time.Time
	ExpiresAt  time.Time
	ResolvedAt *time.Time
}

// StateAt is the state at a moment: a reservation that is due holds nothing,
// also before anybody has written that down.
func (r *Reservation) StateAt(now time.Time) ReservationState {
	if r.due(now) {
		return StateExpired
	}
	return r.State
}

func (r *Reservation) due(now time.Time) bool {
	return r.State == StateReserved && !now.Before(r.ExpiresAt)
}

func (r *Reservation) resolve(as ReservationState, at time.Time) { r.State, r.ResolvedAt = as, &at }

// reserve holds r's amount in the period of its day. The error says which scope
// has too little; the scopes above the budget were asked before.
func (b *Budget) reserve(r *Reservation) error {
	period := b.period(r.Day)
	if free := b.free(period); free < r.Amount {
		return exhausted("budget", b.money(free))
	}
	if i := b.shareOf(r.Channel); i >= 0 && b.state.Channels[i].Period == period && b.state.Channels[i].free() < r.Amount {
		return exhausted("channel", b.money(b.state.Channels[i].free()))
	}
	b.touch(period)
	b.moveHold(ledger.Held, r, r.Amount)
	return nil
}

// moveHold changes what is held for a reservation.
func (b *Budget) moveHold(kind ledger.Kind, r *Reservation, amount int64) {
	period := b.period(r.Day)
	b.hold(period, amount)
	b.share(period, r.Channel, func(c *ChannelShare) { c.Reserved += amount })
	if kind != ledger.Committed {
		b.post(ledger.Line{Kind: kind, Day: r.Day, Ref: r.ID, Channel: r.Channel, Figures: ledger.Figures{Reserved: amount}})
	}
}

// commit spends at most what r holds and gives the rest back. It was
// authorised, so that none of it is overdelivery, whatever the limit is now.
func (b *Budget) commit(by event.Origin, at time.Time, r *Reservation, amount int64) error {
	period := b.period(r.Day)
	limit, err := money.AddMicros(b.tallyOf(period).Settled, amount)
	if err != nil {
		return err
	}
	b.moveHold(ledger.Committed, r, -r.Amount)
	err = b.settle(by, at, spending{
		kind: ledger.Committed, day: r.Day, ref: r.ID, amount: amount, back: r.Amount,
		shares: []Share{{r.Channel, amount}}, limit: max(limit, b.state.Limit),
	})
	if err != nil {
		b.moveHold(ledger.Committed, r, r.Amount)
		return err
	}
	r.Committed = amount
	r.resolve(StateCommitted, at)
	return nil
}

// commitLate records what was spent on a reservation that had run out: it was
// no longer authorised, so it is a report like any other.
func (b *Budget) commitLate(by event.Origin, at time.Time, r *Reservation, amount int64) error {
	err := b.settle(by, at, spending{
		kind: ledger.Late, day: r.Day, ref: r.ID, amount: amount,
		shares: []Share{{r.Channel, amount}}, limit: b.state.Limit - b.heldIn(b.period(r.Day)),
	})
	if err == nil {
		r.Committed, r.Late = amount, true
	}
	return err
}

// giveBack ends a reservation without spending.
func (b *Budget) giveBack(at time.Time, r *Reservation, as ReservationState) {
	kind := ledger.Released
	if as == StateExpired {
		kind = ledger.Expired
	}
	b.moveHold(kind, r, -r.Amount)
	r.resolve(as, at)
}

// Lapse shows the budget without what has run out. It is for reading: nothing
// of it is to be stored.
func (b *Budget) Lapse(due []*Reservation) {
	for _, r := range due {
		b.hold(b.period(r.Day), -r.Amount)
	}
}

// exhausted is the refusal of a scope that has too little left.
func exhausted(scope string, free money.Money) error {
	return ErrExhausted.With("The %s has %s left to authorise.", scope, free).WithExtra("scope", scope).WithExtra("available", free)
}
