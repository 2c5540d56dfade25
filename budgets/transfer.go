package budgets

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

var (
	ErrSameBudget = fault.New(fault.Invalid, "same_budget", "A transfer needs two budgets.", "Name another budget of the partner in to_budget.")
	// ErrUnlike refuses what cannot be compared: a limit of a day and of all.
	ErrUnlike = fault.New(fault.Invalid, "budgets_differ",
		"The budgets differ in kind or currency, and nothing is converted.", "Transfer between budgets of one kind and one currency.")
)

// transfer moves a part of one budget's limit to another's. Both raise and cut
// pass the guard: what one person may not raise, money from next door does not
// raise either.
func transfer(by event.Origin, at time.Time, from, to *Budget, m Move, p *Policy, authorised bool) error {
	if from.state.ID == to.state.ID {
		return ErrSameBudget
	}
	if from.state.Kind != to.state.Kind || from.state.Currency != to.state.Currency {
		return ErrUnlike
	}
	if err := m.check(from); err != nil {
		return err
	}
	if free := from.Transferable(at); m.Amount.Micros > free {
		return ErrUsed.With("%s of the budget's limit is neither spent, reserved nor allocated.", from.money(free)).WithExtra("available", from.money(free))
	}
	lower, higher := from.money(from.state.Limit-m.Amount.Micros), to.money(to.state.Limit+m.Amount.Micros)
	for _, c := range []struct {
		b     *Budget
		limit money.Money
	}{{from, lower}, {to, higher}} {
		if err := p.allows(c.b, change{by: by, at: at, limit: c.limit.Micros, confirmed: true, authorised: authorised}); err != nil {
			return err
		}
		if err := c.b.change(by, at, Patch{Limit: &c.limit}, authorised); err != nil {
			return err
		}
	}
	moved := Transferred{From: from.state.ID, To: to.state.ID, Amount: from.money(m.Amount.Micros), Reason: m.Reason}
	for _, b := range []*Budget{from, to} {
		moved.Campaign = b.state.Campaign
		b.record(by, at, moved)
	}
	return nil
}

// Transferable is what another budget may be given of the limit now: what is
// neither spent, reserved nor allocated, and less than all of it.
func (b *Budget) Transferable(now time.Time) int64 {
	return min(b.free(b.period(b.Today(now))), b.undivided(), b.state.Limit-1)
}

// Transferred says what went from one budget's limit to another's. Both have it.
type Transferred struct {
	Campaign uuid.UUID   `json:"campaign_id"`
	From     uuid.UUID   `json:"from_budget"`
	To       uuid.UUID   `json:"to_budget"`
	Amount   money.Money `json:"amount"`
	Reason   string      `json:"reason,omitempty"`
}

func (Transferred) EventType() string { return "budget.transferred" }
